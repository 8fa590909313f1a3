using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Galvani.Benchmarks;

/// <summary>What whole-run benchmarks share: the machine's name, paths, timing of processes, medians.</summary>
internal static class Measure
{
    /// <summary>The repository's root folder.</summary>
    public static string RepositoryRoot { get; } = typeof(Measure).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>The processor's name and the number of cores that this process may use.</summary>
    public static string Machine
    {
        get
        {
            const string CpuInfo = "/proc/cpuinfo";
            var name = File.Exists(CpuInfo)
                ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
                : null;
            return $"{name ?? "unknown processor"}, {Environment.ProcessorCount} cores, .NET {Environment.Version}";
        }
    }

    /// <summary>Runs a program with a file as standard input, its output dropped, and returns its wall time.</summary>
    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static TimeSpan Process(string program, IReadOnlyList<string> arguments, string inputFile)
    {
        // A shell connects the files, so that no byte passes through this process.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" < \"$BENCHMARK_INPUT\" > /dev/null", program, .. arguments]);
        start.Environment["BENCHMARK_INPUT"] = inputFile;
        var clock = Stopwatch.StartNew();
        using var process = System.Diagnostics.Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0
            ? clock.Elapsed
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}.");
    }

    /// <summary>The time that <paramref name="work"/> takes.</summary>
    public static TimeSpan Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed;
    }

    /// <summary>The median of several measurements.</summary>
    public static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Prints a line of a Markdown table, numbers in the invariant culture.</summary>
    public static void Row(params object[] cells) =>
        Console.WriteLine("| " + string.Join(" | ", cells.Select(cell => Convert.ToString(cell, CultureInfo.InvariantCulture))) + " |");
}
