using System.Diagnostics;
using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>Writers that are killed, or run out of disk: the old file stays, and nothing is left behind.</summary>
public sealed class InterruptedWriteTests
{
    private const int Moments = 10;

    private static readonly string[] Extract = ["extract", Repository.Sample("model.pt"), "--tensors", "*"];

    [Fact]
    public void Extract_KilledAtTenMoments_LeavesTheOldFileOrTheNewOneWhole()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.pt");
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, GalvaniProcess.Run([.. Extract, "-o", path]).ExitCode);
        var duration = watch.Elapsed;
        var whole = File.ReadAllBytes(path);
        byte[] old = [1, 2, 3];
        File.WriteAllBytes(path, old);
        for (var moment = 1; moment <= Moments; moment++)
        {
            using var process = new GalvaniProcess().Start([.. Extract, "-o", path]);
            Thread.Sleep(duration * moment / Moments);
            process.Kill();
            process.WaitForExit();
            var found = File.ReadAllBytes(path);
            Assert.True(found.AsSpan().SequenceEqual(old) || found.AsSpan().SequenceEqual(whole), $"moment {moment}: {found.Length} bytes, neither the old file nor the new one");
            File.WriteAllBytes(path, old);
        }

        Assert.Equal(0, GalvaniProcess.Run([.. Extract, "-o", path]).ExitCode);
        Assert.Equal(["model.pt", "sentencepiece.model"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void Extract_FullDisk_SaysSoAndLeavesTheOldFile()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("disk"));
        if (RunOnSmallDisk(folder, "true").ExitCode != 0)
            Assert.Skip("a small file system of its own cannot be mounted here");
        var (exitCode, output, error) = RunOnSmallDisk(folder, $"echo old > model.pt; '{GalvaniProcess.BuiltProgram}' extract '{Repository.Sample("model.pt")}' --tensors '*' -o model.pt; echo $?; ls -A; cat model.pt");
        Assert.Equal(0, exitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["75", "model.pt", "old"], lines);
        Assert.Contains("no space left", error, StringComparison.OrdinalIgnoreCase);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static (int ExitCode, string Output, string Error) RunOnSmallDisk(TemporaryFolder folder, string script)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", $"mount -t tmpfs -o size=2m tmpfs '{folder.File("disk")}' && cd '{folder.File("disk")}' && {{ {script}; }}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
