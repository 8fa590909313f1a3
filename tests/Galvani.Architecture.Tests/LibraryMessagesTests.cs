using System.Text.RegularExpressions;

namespace Galvani.Architecture.Tests;

/// <summary>Libraries know no command line: their messages name members, which the command puts its options in place of.</summary>
public sealed partial class LibraryMessagesTests
{
    [Fact]
    public void Texts_OfTheLibraries_NameNoOption()
    {
        var libraries = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Where(folder => Path.GetFileName(folder) != "Galvani.Cli");
        var files = libraries.SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)).Where(path => !path.Split(Path.DirectorySeparatorChar).Contains("obj"));
        var found = files.SelectMany(path => File.ReadLines(path).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Option().IsMatch(line)).Select(line => $"{Path.GetFileName(path)}: {line.Trim()}"));
        Assert.Empty(found);
    }

    [GeneratedRegex("\"[^\"]*(^|[^-\\w])--[a-z]")]
    private static partial Regex Option();
}
