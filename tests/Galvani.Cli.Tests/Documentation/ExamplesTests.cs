using System.Diagnostics;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Documentation;

/// <summary>The example programs build and run, and the code of the README and of the guide is theirs.</summary>
public sealed class ExamplesTests
{
    public static TheoryData<string, string> Examples => new()
    {
        { "1-dissect.cs", "vocabulary of the source side" },
        { "2-vocabulary-and-options.cs", "transformer_ff = 512 (File)" },
        { "3-pieces-and-ids.cs", "Мама мыла раму" },
        { "4-vectors.cs", "Model: token vectors x 16" },
        { "5-similarity.cs", " 256: 1.0000  0.9747  0.9768" },
        { "6-plots.cs", "wrote" },
        { "7-extract.cs", "embeddings of model.pt" },
        { "8-forward-pass.cs", "log-probability -0.9988 over 3 tokens" },
        { "9-translate.cs", "Are you sure you want to delete this file?" },
    };

    [Fact]
    public void Examples_InTheFolder_AreAllListedHere() =>
        Assert.Equal(Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.cs").Select(Path.GetFileName).Order(), Examples.Select(row => row.Data.Item1).Order());

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Example_BuiltAndRun_PrintsWhatItShould(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = name switch { "6-plots.cs" => [folder.File("x.png")], "7-extract.cs" => [folder.File("small.pt")], _ => [] };
        var start = new ProcessStartInfo("dotnet", ["run", Path.Combine("examples", name), "--", .. arguments])
        {
            WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}: {output}{await error}");
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/guide/translation.md")]
    public void Code_OnThePage_IsPartOfAnExample(string page)
    {
        const string Opening = "```csharp\n";
        var text = File.ReadAllText(Path.Combine(Repository.Root, page));
        var examples = Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.cs").Select(File.ReadAllText).ToList();
        var blocks = text.Split(Opening).Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]).ToList();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(examples, example => example.Contains(block, StringComparison.Ordinal)));
    }
}
