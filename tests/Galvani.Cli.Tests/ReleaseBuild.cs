using System.Diagnostics;
using System.Text;
using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>The release build that the native binary and the packages share: of what both need, the second finds it done. One command at a time, since two would write the same files.</summary>
internal static class ReleaseBuild
{
    private static readonly Lock OneAtATime = new();

    /// <summary>Runs a command of the SDK in the repository, with the build folders in <c>artifacts</c>.</summary>
    /// <returns>What it printed.</returns>
    public static string Dotnet(params string[] arguments)
    {
        lock (OneAtATime)
            return Run(Repository.Root, [.. arguments, "-c", "Release", "--artifacts-path", Path.Combine(Repository.Root, "artifacts", "build")]);
    }

    /// <summary>Runs a command of the SDK in a folder.</summary>
    /// <returns>What it printed.</returns>
    public static string Run(string workingFolder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = workingFolder, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
