using Galvani.Text;
using Galvani.VocabularyMaps;

namespace Galvani.Tests.VocabularyMaps;

/// <summary>What a map lists of pairs, of alignments, and of likely tokens.</summary>
public sealed class VocabularyMapBuilderTests
{
    private static readonly Vocabulary Target = new(["<unk>", "<blank>", "<s>", "</s>", "a", "b", "c", "d", "e"]);

    [Fact]
    public void Write_Pairs_ListsWhatAPieceBrings()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { CommonCount = 1, CandidateCount = 2 });
        builder.Add(["x", "y"], ["a", "b"]);
        builder.Add(["x"], ["a", "b", "c"]);
        builder.Add(["x"], ["a", "c", "d"]);
        builder.Add(["y"], ["a", "q"]);
        Assert.Equal(new VocabularyMapSummary(2, 3, 1), Write(builder, out var lines));
        Assert.Equal(["\ta", "x\tc b", "y\tb"], lines); // a is common, q is no token; x lists two, and c is its alone where y brings b, too
    }

    [Fact]
    public void Write_Alignments_ListsWhatIsLinked()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { CommonCount = 0, LongestKey = 2, SmallestKeyCount = 1 });
        builder.Add(["x", "y"], ["a", "b", "c"], [new AlignedPair(0, 1), new AlignedPair(1, 0), new AlignedPair(1, 2)]);
        builder.Add(["y", "x"], ["c", "d"], [new AlignedPair(1, 1), new AlignedPair(0, 0)]);
        Assert.Equal(new VocabularyMapSummary(2, 4, 0), Write(builder, out var lines)); // no pair of pieces lists what its pieces do
        Assert.Equal(["\t", "x\tb d", "y\tc a"], lines);
    }

    [Fact]
    public void Write_LikelyTokens_WeighByTheirProbability()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { CommonCount = 0, CandidateCount = 2 });
        builder.Add(["x"], [new LikelyToken(4, 0.1f), new LikelyToken(5, 0.9f), new LikelyToken(3, 1), new LikelyToken(999, 1)]);
        builder.Add(["x"], [new LikelyToken(4, 0.1f), new LikelyToken(6, 0.5f)]);
        Assert.Equal(new VocabularyMapSummary(1, 2, 0), Write(builder, out var lines)); // the end token and what is no token are passed over
        Assert.Equal(["\t", "x\tb c"], lines);
    }

    [Fact]
    public void Write_Sequences_ListWhatTheirPiecesHaveNoPlaceFor()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { CommonCount = 0, CandidateCount = 1, LongestKey = 3, SmallestKeyCount = 2 });
        for (var i = 0; i < 2; i++)
            builder.Add(["x", "y", "z"], ["b", "c"]);
        for (var i = 0; i < 3; i++)
        {
            builder.Add(["x"], ["a"]);
            builder.Add(["y"], ["a"]);
            builder.Add(["z"], ["d"]);
        }

        Write(builder, out var lines);
        Assert.Equal(["\t", "x\ta", "y\ta", "z\td", "x y\tb", "y z\tb", "x y z\tc"], lines);
    }

    [Fact]
    public void Write_RareSequences_AreNotListed()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { CommonCount = 0, CandidateCount = 1, LongestKey = 2, SmallestKeyCount = 2 });
        builder.Add(["x", "y"], ["a", "b"]);
        Write(builder, out var lines);
        Assert.Equal(["\t", "x\ta", "y\ta"], lines);
    }

    [Fact]
    public void Write_PiecesThatTheFormCannotHold_AreLeftOut()
    {
        var builder = new VocabularyMapBuilder(new Vocabulary(["<unk>", "a", "b c"]), new VocabularyMapOptions { CommonCount = 0 });
        builder.Add(["x y", "z"], ["a", "b c"]);
        Write(builder, out var lines);
        Assert.Equal(["\t", "z\ta"], lines);
    }

    [Fact]
    public void Add_EmptyOrTooLong_IsCounted()
    {
        var builder = new VocabularyMapBuilder(Target, new VocabularyMapOptions { LongestLine = 2 });
        builder.Add([], ["a"]);
        builder.Add(["x"], (IReadOnlyList<string>)[]);
        builder.Add(["x"], ["a", "b", "c"]);
        Assert.Equal((0, 3L), (builder.PairCount, builder.LeftOutCount));
        using var folder = new TemporaryFolder();
        Assert.StartsWith("There are no pairs to build a vocabulary map from; 3 had", Assert.Throws<InvalidOperationException>(() => builder.Write(folder.File("vmap.txt"), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Add_OtherKindOrLinkOutside_IsRefused()
    {
        var builder = new VocabularyMapBuilder(Target);
        Assert.StartsWith("Pair 1 has the link 1-0, but 1 source and 1 target pieces.", Assert.Throws<ArgumentException>("alignment", () => builder.Add(["x"], ["a"], [new AlignedPair(1, 0)])).Message, StringComparison.Ordinal);
        builder.Add(["x"], ["a"]);
        Assert.StartsWith("Pair 2 is a translation with an alignment, those before it are a translation without an alignment", Assert.Throws<ArgumentException>("alignment", () => builder.Add(["x"], ["a"], [])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("tokens", () => builder.Add(["x"], [new LikelyToken(4, 1)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VocabularyMapBuilder(Target, new VocabularyMapOptions { CandidateCount = 0 }));
    }

    private static VocabularyMapSummary Write(VocabularyMapBuilder builder, out string[] lines)
    {
        using var folder = new TemporaryFolder();
        var summary = builder.Write(folder.File("vmap.txt"), TestContext.Current.CancellationToken);
        lines = File.ReadAllText(folder.File("vmap.txt")).TrimEnd('\n').Split('\n');
        return summary;
    }
}
