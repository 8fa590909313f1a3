using System.Diagnostics;
using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Fuzz;

/// <summary>
/// Kills a writer of a 100 MB file, or of the two files of the split form, at moments spread over its work. After each the old files, or the whole new ones, are in their places, and the
/// next writer removes what the killed one left. Two files are renamed one behind the other: a kill between the two leaves the first new and the second old, each whole.
/// </summary>
internal sealed class KillRun(CheckpointDestination destination)
{
    private const int ElementCount = 25 * 1024 * 1024;

    /// <summary>The files: of the split form in the order in which they take their places.</summary>
    private readonly string[] paths = destination.WeightsPath is { } weights ? [weights, destination.Path] : [destination.Path];

    private bool IsSplit => paths.Length > 1;

    /// <summary>The child: writes the file, each number of it equal to the version.</summary>
    public static int Write(CheckpointDestination destination, int version)
    {
        var values = new float[ElementCount];
        Array.Fill(values, version);
        var (large, small) = (CheckpointTree.Tensor(values, ElementCount), CheckpointTree.Tensor([version], 1));
        var content = new CheckpointContent(Dictionary(large), [new("w", large.View)], []) { Rest = Dictionary(small) };
        Console.WriteLine("begin");
        CheckpointFile.Write(destination, content);
        Console.WriteLine("end");
        return 0;
    }

    /// <summary>The parent: gives the exit code.</summary>
    public static int Run(int moments, bool isSplit)
    {
        var folder = Directory.CreateTempSubdirectory("galvani-kill-").FullName;
        try
        {
            var destination = CheckpointDestination.File(Path.Combine(folder, "model.pt"));
            return new KillRun(isSplit ? destination.AsSplit() : destination).Run(moments);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PickleDictionary Dictionary(PickleTensor tensor) => CheckpointTree.Dictionary([new("w", tensor)]);

    private int Run(int moments)
    {
        var (first, second) = (Time(version: 0), Time(version: 1));
        var duration = first > second ? first : second; // the last moments are behind the renaming
        int version = 1, replaced = 0, between = 0, left = 0;
        for (var moment = 0; moment < moments; moment++)
        {
            using var child = Start(moment + 2);
            Thread.Sleep(duration * moment / moments);
            child.Kill();
            child.WaitForExit();
            var found = paths.Select(VersionOf).ToList();
            if (found.Any(each => each != version && each != moment + 2) || found[0] == version && found[^1] != version)
            {
                Console.Error.WriteLine($"moment {moment}: the files are of versions {string.Join(" and ", found)}, expected {version} or {moment + 2}");
                return 1;
            }

            between += found[0] == found[^1] ? 0 : 1;
            replaced += found[^1] == version ? 0 : 1;
            left += Others();
            version = found[^1];
            if (found[0] != version)
                WriteWhole(version = moment + 2);
        }

        WriteWhole(moments + 2);
        var whatIsLeft = Others();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{moments} kills over {duration.TotalMilliseconds:F0} ms: {(IsSplit ? "both files were" : "the file was")} whole every time, new {replaced} times{(IsSplit ? $", the first new and the second old {between} times" : "")}; temporaries seen {left}, after the next write {whatIsLeft}"));
        return whatIsLeft == 0 && paths.All(path => VersionOf(path) == moments + 2) ? 0 : 1;
    }

    /// <summary>How long an undisturbed write takes.</summary>
    private TimeSpan Time(int version)
    {
        using var child = Start(version);
        var watch = Stopwatch.StartNew();
        child.StandardOutput.ReadLine();
        var duration = watch.Elapsed;
        child.WaitForExit();
        return duration;
    }

    private void WriteWhole(int version)
    {
        using var child = Start(version);
        child.WaitForExit();
    }

    /// <summary>Starts a writer and waits until it begins.</summary>
    private Process Start(int version)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [IsSplit ? "--write-split" : "--write", destination.Path, version.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        var child = Process.Start(start)!;
        child.StandardOutput.ReadLine();
        return child;
    }

    /// <summary>The version of a file that is whole; -1 of any other.</summary>
    private int VersionOf(string path)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            var numbers = checkpoint.Tensors.Single().View.ToSingles();
            return numbers.Length == (path == paths[0] ? ElementCount : 1) && numbers.AsSpan().IndexOfAnyExcept(numbers[0]) < 0 ? (int)numbers[0] : -1;
        }
        catch (Exception exception) when (exception is CheckpointFormatException or IOException)
        {
            return -1;
        }
    }

    private int Others() => Directory.GetFiles(Path.GetDirectoryName(destination.Path)!).Length - paths.Length;
}
