using System.Reflection;
using PublicApiGenerator;

namespace Galvani.Architecture.Tests;

/// <summary>
/// The public surface of every package is a text file in <c>docs/api</c>. A change of the surface shows as a diff of that file;
/// <c>GALVANI_UPDATE_API=1 dotnet test tests/Galvani.Architecture.Tests</c> writes the files anew.
/// </summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages => ["Galvani.Kernels", "Galvani.Checkpoints", "Galvani.Text", "Galvani", "Galvani.Plots"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void PublicSurface_OfPackage_EqualsCheckedInText(string package)
    {
        var actual = Assembly.Load(package).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var file = Path.Combine(Repository.Root, "docs", "api", package + ".txt");
        if (Environment.GetEnvironmentVariable("GALVANI_UPDATE_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }

        Assert.True(File.Exists(file), $"{file} is missing: run this test with GALVANI_UPDATE_API=1");
        Assert.Equal(File.ReadAllText(file), actual);
    }
}
