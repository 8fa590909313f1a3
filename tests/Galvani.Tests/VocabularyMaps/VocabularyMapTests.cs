using System.Text;
using Galvani.Text;
using Galvani.VocabularyMaps;

namespace Galvani.Tests.VocabularyMaps;

/// <summary>The file's form, and what a sentence may use by it.</summary>
public sealed class VocabularyMapTests
{
    private static readonly Vocabulary Target = new(["<unk>", "<blank>", "<s>", "</s>", "a", "b", "c", "d", "e", "f"]);

    [Fact]
    public void CandidatesOf_SentenceWithSequences_HasWhatEveryPartLists()
    {
        var map = Open("\tb a\nx\tc\nx y\td\ny z\te\nx y z\tf\n");
        Assert.Equal((4, 3), (map.KeyCount, map.LongestKey));
        Assert.Equal([4, 5], map.CommonCandidates);
        Assert.Equal([4, 5, 6], map.CandidatesOf(["x"]));
        Assert.Equal([4, 5], map.CandidatesOf(["z", "y"]));
        Assert.Equal([4, 5, 6, 7], map.CandidatesOf(["x", "y", "q", "z"]));
        Assert.Equal([4, 5, 6, 7, 8, 9], map.CandidatesOf(["q", "x", "y", "z"]));
        Assert.Equal([4, 5], map.CandidatesOf([]));
    }

    [Fact]
    public void CandidatesOf_PiecesThatJoinToAKey_AreNotThatKey()
    {
        var map = Open("xy\tc\nx y\td\n");
        Assert.Equal([7], map.CandidatesOf(["x", "y"]));
        Assert.Equal([6], map.CandidatesOf(["xy"]));
    }

    [Fact]
    public void Open_TokensOutsideTheVocabulary_AreLeftOutAndCounted()
    {
        var map = Open("x\ta q b q \ny\t\nx z\tq\n");
        Assert.Equal((5L, 3L), (map.ListedCount, map.UnknownCount));
        Assert.Equal([4, 5], map.CandidatesOf(["x", "z"]));
        Assert.Empty(map.CandidatesOf(["y"]));
    }

    [Fact]
    public void Open_KeyTwice_TakesTheLater() => Assert.Equal([5], Open("x\ta\nx\tb\n").CandidatesOf(["x"]));

    [Fact]
    public void Open_EmptyFile_GivesNoCandidates() => Assert.Equal((0, 0), (Open("").KeyCount, Open("").CandidatesOf(["x"]).Count));

    [Theory]
    [InlineData("x\ta\ny a\n", "line 2 has no tab, expected source pieces, one tab, target pieces.")]
    [InlineData("x\ta\n\ny\ta\n", "line 2 has no tab")]
    [InlineData("x\ta\tb\n", "line 1 has 2 tabs")]
    [InlineData("x\ta\nx  y\ta\n", "line 2 has an empty source piece")]
    [InlineData(" x\ta\n", "line 1 has an empty source piece")]
    [InlineData("x \ta\n", "line 1 has an empty source piece")]
    public void Open_MalformedLine_NamesIt(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("vmap.txt"), text);
        var exception = Assert.Throws<ArgumentException>("path", () => VocabularyMap.Open(folder.File("vmap.txt"), Target));
        Assert.StartsWith($"{folder.File("vmap.txt")} {expected}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoUtf8_SaysWhere()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("vmap.txt"), [.. Encoding.UTF8.GetBytes("x\ta\n"), 0xC3, 0x28, (byte)'\t', (byte)'\n']);
        Assert.Contains("is not valid UTF-8", Assert.Throws<ArgumentException>("path", () => VocabularyMap.Open(folder.File("vmap.txt"), Target)).Message, StringComparison.Ordinal);
    }

    private static VocabularyMap Open(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("vmap.txt"), text);
        return VocabularyMap.Open(folder.File("vmap.txt"), Target);
    }
}
