namespace Galvani.Architecture.Tests;

/// <summary>The list of decisions has each, with its number and its title.</summary>
public sealed class DecisionsTests
{
    [Fact]
    public void List_OfDecisions_HasEachUnderItsNumberAndTitle()
    {
        var folder = Path.Combine(Repository.Root, "docs", "decisions");
        var expected = Directory.GetFiles(folder, "0*.md").Order(StringComparer.Ordinal).Select(Row);
        var actual = File.ReadLines(Path.Combine(folder, "README.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]));
        Assert.Equal(expected, actual);
    }

    private static string Row(string path)
    {
        var (name, heading) = (Path.GetFileName(path), File.ReadLines(path).First()); // "# 1. Title"
        var number = int.Parse(name.AsSpan(0, name.IndexOf('-', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);
        var beginning = $"# {number}. ";
        Assert.StartsWith(beginning, heading, StringComparison.Ordinal);
        return $"| {number} | [{heading[beginning.Length..]}]({name}) |";
    }
}
