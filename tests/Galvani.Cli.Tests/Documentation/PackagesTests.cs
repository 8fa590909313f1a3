using System.IO.Compression;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Documentation;

/// <summary>The packages as people install them: packed once, then used by the code of each one's readme, in a folder that knows nothing of the repository.</summary>
public sealed class PackagesTests(PackedLibraries packed) : IClassFixture<PackedLibraries>
{
    public static TheoryData<string, string> Packages => new()
    {
        { "Galvani.Kernels", "1 and 3, log-probability of the first -0.4952" },
        { "Galvani.Checkpoints", "make_embedding.emb_luts.0.weight Float16 [8008, 256]" },
        { "Galvani.Text", "Мама мыла раму" },
        { "Galvani", "Are you sure you want to delete this file?\n0.9747" },
        { "Galvani.Plots", "drawn" },
    };

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_UsedByItsReadmesCode_PrintsWhatItShould(string package, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])["model.pt", "sentencepiece.model"])
            File.Copy(Repository.Sample(file), folder.File(file));
        File.WriteAllText(folder.File("nuget.config"), packed.Sources(folder.File("packages")));
        File.WriteAllText(folder.File("program.cs"), $"#:package {package}@{PackedLibraries.Version}\n#:property PublishAot=false\n{CodeOf(package)}");

        var output = ReleaseBuild.Run(folder.Root, "run", "program.cs");
        Assert.Contains(expected, output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Packages_HoldLibraryDocumentationAndReadme() => Assert.All(Packages, package =>
    {
        var name = package.Data.Item1;
        using var archive = ZipFile.OpenRead(packed.PathOf(name));
        Assert.Superset(new HashSet<string>(["README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"]), archive.Entries.Select(entry => entry.FullName).ToHashSet());
    });

    private static string CodeOf(string package)
    {
        const string Opening = "```csharp\n";
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "src", package, "README.md"));
        return Assert.Single(readme.Split(Opening).Skip(1)).Split("```")[0];
    }
}

/// <summary>The libraries, packed into a folder of their own.</summary>
public sealed class PackedLibraries : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PackedLibraries()
    {
        var projects = PackagesTests.Packages.Select(package => $"<Project Path=\"{Path.Combine(Repository.Root, "src", package.Data.Item1, package.Data.Item1)}.csproj\" />");
        File.WriteAllText(folder.File("packages.slnx"), $"<Solution>{string.Concat(projects)}</Solution>");
        ReleaseBuild.Dotnet("pack", folder.File("packages.slnx"), "-o", folder.Root);
    }

    /// <summary>The packages' version, that of the program.</summary>
    public static string Version { get; } = GalvaniProcess.Run("--version").Output.Split(['+', '\n'])[0];

    /// <summary>Where a package lies.</summary>
    public string PathOf(string package) => folder.File($"{package}.{Version}.nupkg");

    /// <summary>Settings under which these packages, and what this build has fetched for itself, are all that there is to install.</summary>
    /// <param name="target">The folder into which packages are installed.</param>
    public string Sources(string target)
    {
        var fetched = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{folder.Root}" /><add key="fetched" value="{fetched}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{target}" /></config>
            </configuration>
            """;
    }

    /// <summary>Removes the packages.</summary>
    public void Dispose() => folder.Dispose();
}
