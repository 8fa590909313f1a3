using System.Xml.Linq;

namespace Galvani.Architecture.Tests;

/// <summary>The floors of docs/architecture.md: a project references lower floors only, and nothing it has no business with.</summary>
public sealed class FloorsTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Galvani.Kernels"] = [],
        ["Galvani.Checkpoints"] = ["Galvani.Kernels"],
        ["Galvani.Text"] = ["Galvani.Kernels"],
        ["Galvani"] = ["Galvani.Kernels", "Galvani.Checkpoints", "Galvani.Text"],
        ["Galvani.Plots"] = ["Galvani", "Galvani.Kernels", "Galvani.Checkpoints", "Galvani.Text"],
        ["Galvani.Cli"] = ["Galvani", "Galvani.Kernels", "Galvani.Checkpoints", "Galvani.Text", "Galvani.Plots"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_EveryProject_PointToLowerFloors(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no floor in this test and in docs/architecture.md");
        var references = Load(project).Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void AllowUnsafeBlocks_EveryProject_OnlyKernels(string project) =>
        Assert.Equal(project == "Galvani.Kernels", Load(project).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true"));

    [Fact]
    public void Sources_OutsideKernels_UseNoReinterpretationAndNoIntrinsics()
    {
        var offenders = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("Galvani.Kernels") && !file.Contains("/obj/") && !file.Contains("/bin/"))
            .Where(file => File.ReadLines(file).Any(line =>
                line.Contains("MemoryMarshal.Cast") || line.Contains("Unsafe.") || line.Contains("unsafe ") && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                || line.Contains("System.Runtime.Intrinsics")))
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Empty(offenders);
    }

    [Fact]
    public void PlottingPackage_AllProjects_OwnedByPlotsAlone()
    {
        foreach (var project in Allowed.Keys.Where(name => name != "Galvani.Plots"))
            Assert.DoesNotContain(Load(project).Descendants("PackageReference"), element => element.Attribute("Include")!.Value.StartsWith("ScottPlot", StringComparison.Ordinal));
    }

    private static XDocument Load(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
}
