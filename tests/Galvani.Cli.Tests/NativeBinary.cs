using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>
/// The native binary: published once, for the first test that asks for it, into the repository's <c>artifacts</c>, with build folders of its own, so that builds beside it are not disturbed.
/// It starts in a twentieth of the time that the built program takes to compile itself.
/// </summary>
public static class NativeBinary
{
    private static readonly Lazy<string> Published = new(Publish);

    /// <summary>The folder that holds the program. A test that asks for it where it cannot be linked is skipped.</summary>
    public static string Folder => Published.Value;

    /// <summary>The program.</summary>
    public static string Program => Path.Combine(Folder, "galvani");

    /// <summary>For tests of many short runs, which say the same of either program: the native one or, where that cannot be linked, the built one.</summary>
    public static string ProgramOrBuilt => CanBeLinked ? Program : GalvaniProcess.BuiltProgram;

    private static bool CanBeLinked => File.Exists("/usr/bin/gcc") || File.Exists("/usr/bin/clang");

    private static string Publish()
    {
        Requirement.Need(CanBeLinked, "gcc, to link the native binary (Debian: gcc zlib1g-dev)");
        var folder = Path.Combine(Repository.Root, "artifacts", "native");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Assert.DoesNotContain("warning", ReleaseBuild.Dotnet("publish", "src/Galvani.Cli", "-o", folder), StringComparison.OrdinalIgnoreCase);
        return folder;
    }
}
