using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Documentation;

/// <summary>
/// The commands in the README and the guide print what the pages say; numbers of many digits are compared to their fourth, since instruction sets differ in the last, and sizes of pictures
/// not at all, since versions of the drawing library differ. <c>GALVANI_UPDATE_DOCS=1</c> writes the outputs and pictures anew, for review as a diff.
/// </summary>
public sealed partial class DocumentationTests
{
    private const string RunFromSource = "dotnet run --project src/Galvani.Cli -c Release --";

    private static readonly bool Updates = Environment.GetEnvironmentVariable("GALVANI_UPDATE_DOCS") == "1";

    public static TheoryData<string> Pages => ["README.md", "docs/guide/the-study-redone.md", "docs/guide/the-study-redone.ru.md", "docs/guide/surgery.md", "docs/guide/translation.md", "docs/guide/forward-pass.md", "docs/guide/differences.md", "docs/guide/pipes.md"];

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
        AssertSame(after, File.ReadAllText(path));
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

    private static void AssertSame(string expected, string actual)
    {
        const double Tolerance = 1e-4;
        Assert.Equal(WithoutNumbers(expected), WithoutNumbers(actual));
        foreach (var (left, right) in LongNumber().Matches(expected).Zip(LongNumber().Matches(actual)))
        {
            var (first, second) = (double.Parse(left.Value, CultureInfo.InvariantCulture), double.Parse(right.Value, CultureInfo.InvariantCulture));
            Assert.True(Math.Abs(first - second) <= Tolerance * Math.Max(1, Math.Abs(first)), $"the command prints {left.Value}, the page says {right.Value}");
        }
    }

    private static string WithoutNumbers(string text) => PictureSize().Replace(LongNumber().Replace(text, "#"), "#");

    [GeneratedRegex(@"(?<=\.(png|svg), \d+x\d+, )[\d. ]+k?B")]
    private static partial Regex PictureSize();

    [GeneratedRegex(@"-?\d+\.\d{5,}(e-?\d+)?", RegexOptions.IgnoreCase)]
    private static partial Regex LongNumber();

    /// <summary>Runs a command of a page: <c>galvani ...</c>, from source, or <c>printf 'lines' | galvani ...</c>.</summary>
    private static string Run(IReadOnlyList<string> words, string folder)
    {
        byte[] input = [];
        if (words is ["printf", var text, "|", ..])
        {
            input = Encoding.UTF8.GetBytes(text.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal));
            words = [.. words.Skip(3)];
        }

        var line = string.Join(' ', words);
        IEnumerable<string> arguments = line.StartsWith(RunFromSource, StringComparison.Ordinal) ? words.Skip(RunFromSource.Split(' ').Length) : words.Skip(1);
        Assert.True(words[0] is "galvani" or "dotnet", $"the page runs {words[0]}");
        var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, WorkingFolder = folder }.Execute(arguments, input);
        Assert.True(result.ExitCode == 0, $"{line} ended with {result.ExitCode}: {result.Error}");
        return result.Output.Replace(Path.GetDirectoryName(NativeBinary.ProgramOrBuilt) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
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
