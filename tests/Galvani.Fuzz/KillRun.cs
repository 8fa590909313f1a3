using System.Diagnostics;
using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Writing;

namespace Galvani.Fuzz;

/// <summary>
/// Kills a writer of a 100 MB file at moments spread over its work. After each the old file, or the whole new one, is in its place, and the next writer removes what the
/// killed one left.
/// </summary>
internal static class KillRun
{
    private const int ElementCount = 25 * 1024 * 1024;

    /// <summary>The child: writes the file, each number of it equal to the version.</summary>
    public static int Write(string path, int version)
    {
        var values = new float[ElementCount];
        Array.Fill(values, version);
        Console.WriteLine("begin");
        CheckpointWriter.Write(path, CheckpointTree.Dictionary([new("w", CheckpointTree.Tensor(values, ElementCount))]));
        Console.WriteLine("end");
        return 0;
    }

    /// <summary>The parent: gives the exit code.</summary>
    public static int Run(int moments)
    {
        var folder = Directory.CreateTempSubdirectory("galvani-kill-").FullName;
        try
        {
            return Run(Path.Combine(folder, "model.pt"), moments);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(string path, int moments)
    {
        var duration = Time(path, version: 0);
        duration = Time(path, version: 1) is var second && second < duration ? second : duration;
        int version = 1, replaced = 0, left = 0;
        for (var moment = 0; moment < moments; moment++)
        {
            using var child = Start(path, moment + 2);
            Thread.Sleep(duration * moment / moments);
            child.Kill();
            child.WaitForExit();
            var found = VersionOf(path);
            if (found != version && found != moment + 2)
            {
                Console.Error.WriteLine($"moment {moment}: the file is of version {found}, expected {version} or {moment + 2}");
                return 1;
            }

            replaced += found == version ? 0 : 1;
            left += Others(path);
            version = found;
        }

        using (var last = Start(path, moments + 2))
            last.WaitForExit();
        var whatIsLeft = Others(path);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{moments} kills over {duration.TotalMilliseconds:F0} ms: the file was whole every time, the new one {replaced} times; temporaries seen {left}, after the next write {whatIsLeft}"));
        return whatIsLeft == 0 && VersionOf(path) == moments + 2 ? 0 : 1;
    }

    /// <summary>How long an undisturbed write takes.</summary>
    private static TimeSpan Time(string path, int version)
    {
        using var child = Start(path, version);
        var watch = Stopwatch.StartNew();
        child.StandardOutput.ReadLine();
        var duration = watch.Elapsed;
        child.WaitForExit();
        return duration;
    }

    /// <summary>Starts a writer and waits until it begins.</summary>
    private static Process Start(string path, int version)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["--write", path, version.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        var child = Process.Start(start)!;
        child.StandardOutput.ReadLine();
        return child;
    }

    /// <summary>The version of a file that is whole; -1 of any other.</summary>
    private static int VersionOf(string path)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            var numbers = checkpoint.Tensors.Single().View.ToSingles();
            return numbers.Length == ElementCount && numbers.AsSpan().IndexOfAnyExcept(numbers[0]) < 0 ? (int)numbers[0] : -1;
        }
        catch (Exception exception) when (exception is CheckpointFormatException or IOException)
        {
            return -1;
        }
    }

    private static int Others(string path) => Directory.GetFiles(Path.GetDirectoryName(path)!).Length - 1;
}
