using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Benchmarks.Operations;

/// <summary>
/// Reading, converting and averaging a checkpoint, against copying memory and against Python's torch doing the same (peers/operations_torch.py), alternately in one run.
/// Argument: a checkpoint, best one that generate-seed-shape made; two files of its size must fit beside it. The file is in the page cache.
/// </summary>
internal static class CheckpointOperations
{
    private const int Rounds = 5;
    private const string Python = "/usr/bin/python3";

    /// <summary>Measures and prints two Markdown tables.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is not [var path])
        {
            Console.Error.WriteLine("Expected one argument: a checkpoint.");
            return 2;
        }

        Console.WriteLine(Measure.Machine);
        Console.WriteLine();
        Reading(path);
        Console.WriteLine();
        Writing(path);
        return 0;
    }

    /// <summary>Every tensor into float32, against copying the same bytes from memory to memory, into the same destination.</summary>
    private static void Reading(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        var views = checkpoint.Tensors.Select(tensor => tensor.View).DistinctBy(view => view.Storage).ToList();
        var largest = views.Max(view => view.ElementCount);
        var bytes = views.Sum(view => view.LogicalBytes);
        var (destination, source) = (new float[largest], new byte[bytes]);
        new Random(1).NextBytes(source); // pages never written to are all one page of zeros, which would be read from the cache
        var (reads, copies) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round <= Rounds; round++)
        {
            var read = Measure.Time(() => views.ForEach(view => view.CopyTo(destination.AsSpan(0, (int)view.ElementCount))));
            var copy = Measure.Time(() => CopyAll(views, source, destination));
            if (round == 0)
                continue; // the first touches pages and compiles
            reads.Add(read);
            copies.Add(copy);
        }

        var (ours, memory) = (Measure.Median(reads), Measure.Median(copies));
        Measure.Row("reading every tensor into float32", "GB/s", "of memcpy");
        Measure.Row("---", "---:", "---:");
        Measure.Row("memcpy of the same bytes", Rate(bytes, memory), 1);
        Measure.Row($"{checkpoint.Tensors.Count} tensors, {bytes / 1_000_000} MB", Rate(bytes, ours), Text(memory / ours));
    }

    private static void CopyAll(List<TensorView> views, byte[] source, float[] destination)
    {
        var target = MemoryMarshal.AsBytes(destination.AsSpan());
        var offset = 0;
        foreach (var view in views)
        {
            source.AsSpan(offset, (int)view.LogicalBytes).CopyTo(target);
            offset += (int)view.LogicalBytes;
        }
    }

    private static void Writing(string path)
    {
        var (ours, theirs) = (path + ".ours.pt", path + ".torch.pt");
        Measure.Row("operation", "Galvani s", "torch s", "times as fast", "Galvani private MB");
        Measure.Row("---", "---:", "---:", "---:", "---:");
        foreach (var (name, work) in Operations(path, ours))
        {
            var (mine, peers) = (new List<TimeSpan>(), new List<TimeSpan>());
            for (var round = 0; round <= Rounds; round++)
            {
                var measured = Measure.Time(work);
                var peer = Peer(name, path, theirs);
                if (round == 0)
                    continue;
                mine.Add(measured);
                peers.Add(peer);
            }

            Measure.Row(name, Seconds(Measure.Median(mine)), Seconds(Measure.Median(peers)), Text(Measure.Median(peers) / Measure.Median(mine)), PrivateMegabytes());
        }

        File.Delete(ours);
        File.Delete(theirs);
    }

    private static IEnumerable<(string Name, Action Work)> Operations(string path, string target)
    {
        var destination = CheckpointDestination.File(target);
        yield return ("copy", () => Convert(path, destination, new ConversionOptions()));
        yield return ("half", () => Convert(path, destination, new ConversionOptions { ElementType = DType.Float16 }));
        yield return ("bfloat16", () => Convert(path, destination, new ConversionOptions { ElementType = DType.BFloat16 }));
        yield return ("average", () => AverageWithItself(path, destination));
    }

    private static void AverageWithItself(string path, CheckpointDestination destination)
    {
        using var first = OpenNmtCheckpoint.Open(path);
        using var second = OpenNmtCheckpoint.Open(path);
        CheckpointAverage.Run([first, second], destination);
    }

    private static void Convert(string path, CheckpointDestination destination, ConversionOptions options)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(path);
        CheckpointConversion.Run(checkpoint, destination, options);
    }

    /// <summary>The peer's time without starting Python and importing torch, which it takes itself.</summary>
    private static TimeSpan Peer(string operation, string path, string target)
    {
        var script = Path.Combine(Measure.RepositoryRoot, "benchmarks", "peers", "operations_torch.py");
        var start = new ProcessStartInfo(Python, [script, operation, path, target]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? TimeSpan.FromSeconds(double.Parse(printed, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{script} ended with exit code {process.ExitCode}.");
    }

    /// <summary>Memory of this process that is not the mapped file: what grows if an operation keeps tensors.</summary>
    private static long PrivateMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
    }

    private static string Rate(long bytes, TimeSpan time) => Text(bytes / time.TotalSeconds / 1e9);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Text(double number) => number.ToString("0.00", CultureInfo.InvariantCulture);
}
