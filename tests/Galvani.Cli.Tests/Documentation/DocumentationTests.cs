using Galvani.Testing;

namespace Galvani.Cli.Tests.Documentation;

/// <summary>
/// The commands in the README and the guide print what the pages say. <c>GALVANI_UPDATE_DOCS=1</c> writes the outputs and pictures anew, for review as a diff.
/// </summary>
public sealed class DocumentationTests
{
    private const string RunFromSource = "dotnet run --project src/Galvani.Cli -c Release --";

    private static readonly bool Updates = Environment.GetEnvironmentVariable("GALVANI_UPDATE_DOCS") == "1";

    public static TheoryData<string> Pages => ["README.md", "docs/guide/the-study-redone.md", "docs/guide/the-study-redone.ru.md", "docs/guide/surgery.md", "docs/guide/translation.md"];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_OfPage_PrintWhatThePageSays(string page)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(Repository.Root, page);
        var before = File.ReadAllText(path);
        var after = ConsoleTranscript.Rewrite(before, words => Run(words, folder.Root));
        if (Updates)
            File.WriteAllText(path, after);
        Assert.Equal(after, File.ReadAllText(path));
        CheckPictures(before, folder.Root);
    }

    [Fact]
    public void GuidePages_InBothLanguages_RunTheSameCommands()
    {
        static IEnumerable<string> Commands(string page) =>
            ConsoleTranscript.Commands(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(words => string.Join('\n', words));
        Assert.Equal(Commands("docs/guide/the-study-redone.md"), Commands("docs/guide/the-study-redone.ru.md"));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_OfPage_PointToFilesThatExist(string page)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, page));
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        foreach (var part in text.Split("](").Skip(1))
        {
            var target = part[..part.IndexOf(')', StringComparison.Ordinal)].Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
                Assert.True(Path.Exists(Path.Combine(folder, target)), $"{page} links to {target}, which does not exist");
        }
    }

    private static string Run(IReadOnlyList<string> words, string folder)
    {
        var line = string.Join(' ', words);
        IEnumerable<string> arguments = line.StartsWith(RunFromSource, StringComparison.Ordinal) ? words.Skip(RunFromSource.Split(' ').Length) : words.Skip(1);
        Assert.True(words[0] is "galvani" or "dotnet", $"the page runs {words[0]}");
        var result = new GalvaniProcess { WorkingFolder = folder }.Execute(arguments, []);
        Assert.True(result.ExitCode == 0, $"{line} ended with {result.ExitCode}: {result.Error}");
        return result.Output.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal);
    }

    /// <summary>Pictures that the commands made are the ones the page shows: same size; the bytes may differ between versions of the drawing library.</summary>
    private static void CheckPictures(string text, string made)
    {
        var images = Path.Combine(Repository.Root, "docs", "guide", "images");
        foreach (var file in Directory.GetFiles(made, "*.png"))
        {
            var name = Path.GetFileName(file);
            if (!text.Contains($"images/{name}", StringComparison.Ordinal))
                continue;
            if (Updates)
            {
                Directory.CreateDirectory(images);
                File.Copy(file, Path.Combine(images, name), overwrite: true);
            }

            Assert.Equal(File.ReadAllBytes(file)[..24], File.ReadAllBytes(Path.Combine(images, name))[..24]);
        }
    }
}
