using System.Diagnostics;
using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>Publishes the native binary into the repository's <c>artifacts</c>, with build folders of its own, so that builds beside it are not disturbed.</summary>
[CollectionDefinition(nameof(NativeBinary))]
public sealed class NativeBinary : ICollectionFixture<NativeBinary>
{
    public NativeBinary()
    {
        Requirement.Need(File.Exists("/usr/bin/gcc") || File.Exists("/usr/bin/clang"), "gcc, to link the native binary (Debian: gcc zlib1g-dev)");
        Folder = Path.Combine(Repository.Root, "artifacts", "native");
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        var start = new ProcessStartInfo("dotnet", ["publish", "src/Galvani.Cli", "-c", "Release", "-o", Folder, "--artifacts-path", Path.Combine(Repository.Root, "artifacts", "build")])
        {
            WorkingDirectory = Repository.Root, RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The folder that holds the program.</summary>
    public string Folder { get; }

    /// <summary>The program.</summary>
    public string Program => Path.Combine(Folder, "galvani");
}
