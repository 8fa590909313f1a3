using Galvani.Checkpoints;

namespace Galvani.Tests;

/// <summary>Transforms, tokenizers, prefixes and suffixes as checkpoints record them.</summary>
public sealed class TextPipelineTests
{
    private static readonly string[] Words = ["<unk>", "<blank>", "<s>", "</s>", "one", "two"];
    private static readonly string[] Pieces = ["<unk>", "<blank>", "<s>", "</s>", "▁Ма", "ма"];

    [Fact]
    public void Tokenize_NoTransforms_SplitsWordsAtSpaces()
    {
        var line = Tokenize(Words, " one  two ", raw => raw.Text("transforms").List());
        Assert.Equal(["one", "two"], line.Pieces);
        Assert.Equal([(1, 4), (6, 9)], line.Offsets.Select(range => (range.Start, range.End)));
    }

    [Fact]
    public void Tokenize_PrefixAndSuffixOfWords_StandAroundTheLine()
    {
        var line = Tokenize(Words, "two", raw => raw.Text("transforms").List("prefix", "suffix").Text("data").Op("}(").Text("corpus_1")
            .Texts(("src_prefix", "one ⦅x⦆"), ("src_suffix", "end")).Op("u"));
        Assert.Equal(["one", "⦅x⦆", "two", "end"], line.Pieces);
    }

    [Theory]
    [InlineData("prefix,suffix,sentencepiece", "▁З ▁Ма ма ▁К")]
    [InlineData("sentencepiece,prefix,suffix", "З ▁Ма ма К")]
    [InlineData("prefix,sentencepiece,suffix", "▁З ▁Ма ма К")]
    [InlineData("sentencepiece", "▁Ма ма")]
    public void Tokenize_AdditionsInFrontOfTheTokenizer_AreTokenizedOthersAreNot(string transforms, string expected)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        var line = Tokenize(folder, Pieces, "Мама", raw => raw.Text("transforms").List(transforms.Split(',')).Text("data").Op("}(").Text("corpus_1")
            .Texts(("src_prefix", "З"), ("src_suffix", "К")).Op("u"));
        Assert.Equal(expected, string.Join(' ', line.Pieces));
        Assert.All(line.Offsets, range => Assert.InRange(range.End, 0, 8));
    }

    [Fact]
    public void Tokenize_CorporaWithDifferentPrefixes_MustBeChosen()
    {
        static void Options(RawPickle raw) => raw.Text("transforms").List("prefix").Text("data").Op("}(").Text("a").Texts(("src_prefix", "⦅a⦆")).Text("b").Texts(("src_prefix", "⦅b⦆")).Op("u");
        Assert.Contains("a: '⦅a⦆'; b: '⦅b⦆'", Assert.Throws<ArgumentException>(() => Tokenize(Words, "one", Options)).Message, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, Words, Options), new NmtModelOptions { SourcePrefix = "two" });
        Assert.Equal(["two", "one"], model.Tokenize("one").Pieces);
    }

    [Fact]
    public void Tokenize_BlankLine_GetsNoPrefix() =>
        Assert.Empty(Tokenize(Words, " \t\u3000", raw => raw.Text("transforms").List("prefix").Text("src_prefix").Text("one")).Pieces);

    [Fact]
    public void Notes_TransformsWithoutEffect_AreOneSentence()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, Words, raw => raw.Text("transforms").List("filtertoolong", "uppercase")));
        Assert.Equal(["no effect at inference: filtertoolong, uppercase"], model.Notes);
    }

    [Fact]
    public void Tokenize_UnknownTransform_IsRefusedByName() =>
        Assert.Contains("normalize", Assert.Throws<UnsupportedCheckpointException>(() => Tokenize(Words, "x", raw => raw.Text("transforms").List("normalize"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("sentencepiece", "{'mode': 'none'}", true)]
    [InlineData("sentencepiece", "{'mode': 'space', 'joiner_annotate': True}", false)]
    [InlineData("bpe", "{'mode': 'none'}", false)]
    public void Tokenize_OnmtTokenize_WorksInItsPlainFormOnly(string type, string arguments, bool works)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        void Options(RawPickle raw) => raw.Text("transforms").List("onmt_tokenize").Text("src_subword_type").Text(type).Text("src_onmttok_kwargs").Text(arguments);
        if (works)
            Assert.Equal(["▁Ма", "ма"], Tokenize(folder, Pieces, "Мама", Options).Pieces);
        else
            Assert.Throws<UnsupportedCheckpointException>(() => Tokenize(folder, Pieces, "Мама", Options));
    }

    private static TokenizedLine Tokenize(string[] tokens, string text, Action<RawPickle> options)
    {
        using var folder = new TemporaryFolder();
        return Tokenize(folder, tokens, text, options);
    }

    private static TokenizedLine Tokenize(TemporaryFolder folder, string[] tokens, string text, Action<RawPickle> options)
    {
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, tokens, options));
        return model.Tokenize(text);
    }
}
