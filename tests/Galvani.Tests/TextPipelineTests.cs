using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;
using Galvani.Text;

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

    /// <summary>What a script puts into the options as a <c>Path</c> is a text like another; what only training looks at keeps no model from being used.</summary>
    [Fact]
    public void Tokenize_OptionsThatArePathsAndEnumerations_AreTextsAndNothing()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("own.model"));
        void Options(RawPickle raw) => raw.Text("transforms").List("sentencepiece").Text("src_subword_model").Global("pathlib", "PosixPath").Op('(').Text("/").Text("data").Text("own.model").Op("tR")
            .Text("state").Global("onmt.utils.earlystopping", "PatienceEnum").Int(1).Bytes(0x85).Op('R');
        Assert.Equal(["▁Ма", "ма"], Tokenize(folder, Pieces, "Мама", Options).Pieces);
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Equal("/data/own.model", checkpoint.Options.Find("src_subword_model")!.Text);
    }

    [Fact]
    public void Open_OptionOfAnUnknownClass_IsRefusedByName() => Assert.Contains("the first my.Color", Assert.Throws<UnsupportedCheckpointException>(() =>
        Tokenize(Words, "one", raw => raw.Text("colour").Global("my", "Color").Int(1).Bytes(0x85).Op('R'))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Мама</s>Мама", "▁Ма ма </s> ▁Ма ма", "0-4 4-8 8-12 12-16 16-20")]
    [InlineData(" Мама </s> Мама", "▁Ма ма </s> ▁Ма ма", "1-5 5-9 10-14 15-19 19-23")]
    [InlineData("</s></s>", "</s> </s>", "0-4 4-8")]
    [InlineData("Мама｟_mask_before_｠Мама</s>", "▁Ма ма <blank> ▁Ма ма </s>", "0-4 4-8 8-27 27-31 31-35 35-39")]
    [InlineData("Мама｟newline｠Мама", "▁Ма ма ▁Ма ма", "0-4 4-8 8-25 25-29")]
    [InlineData("｟newline｠", "", "")]
    [InlineData("｟Мама｠</ s>", null, null)]
    [InlineData("<s> <blank> <unk>", null, null)]
    public void Tokenize_Placeholders_AreKeptFromTheTokenizer(string text, string? pieces, string? offsets)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        var line = Tokenize(folder, Pieces, text, raw => raw.Text("transforms").List("sentencepiece"));
        var plain = SentencePieceModel.Load(Repository.Sample("sentencepiece.model")).Encode(text);
        Assert.Equal(pieces ?? string.Join(' ', plain.Pieces), string.Join(' ', line.Pieces));
        Assert.Equal(offsets ?? Ranges(plain.Offsets), Ranges(line.Offsets));

        static string Ranges(IEnumerable<TextRange> ranges) => string.Join(' ', ranges.Select(range => $"{range.Start}-{range.End}"));
    }

    [Fact]
    public void Tokenize_LineFeedPlaceholder_IsThePieceOfAModelThatHasOne()
    {
        // The models keep white space; a line feed is text that they do not know, and shows as itself.
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("sentencepiece", "uni_keepws.model"), folder.File("sentencepiece.model"));
        var line = Tokenize(folder, [.. Pieces, "\n"], "a｟newline｠b", raw => raw.Text("transforms").List("sentencepiece"));
        Assert.Equal(SentencePieceModel.Load(folder.File("sentencepiece.model")).Encode("a\nb").Pieces, line.Pieces);
        Assert.Equal((1, 14), (line.Offsets[^2].Start, line.Offsets[^2].End));
    }

    [Fact]
    public void Tokenize_PlaceholdersUnderSubwordNmt_StayBetweenWords()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("bpe", "codes.txt"), folder.File("codes.txt"));
        var codes = SubwordNmtModel.Load(folder.File("codes.txt"));
        var line = Tokenize(folder, Words, "the end</s>｟newline｠ one｟_mask_before_｠two", raw => raw.Text("transforms").List("bpe").Text("src_subword_model").Text("codes.txt"));
        Assert.Equal([.. codes.Encode("the end").Pieces, "</s>", .. codes.Encode("｟newline｠ one").Pieces, "<blank>", .. codes.Encode("two").Pieces], line.Pieces);
    }

    [Theory]
    [InlineData("one</s> <s> <blank> </s>", "one</s> <s> <blank> </s>", new[] { 0, 2, 1, 3 })]
    public void Tokenize_SpecialTokensAmongWords_AreLookedUpLikeWords(string text, string pieces, int[] ids)
    {
        var line = Tokenize(Words, text, raw => raw.Text("transforms").List());
        Assert.Equal(pieces, string.Join(' ', line.Pieces));
        Assert.Equal(ids, line.Ids);
    }

    [Theory]
    [InlineData("Мама")]
    [InlineData("Мама</s>ма ｟newline｠Мама")]
    [InlineData("｟Мама｠")]
    [InlineData("a < /s> b")]
    public void TokenizeToIds_WithAndWithoutPlaceholders_GivesTheIdsOfThePieces(string text)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        Assert.Equal(model.Tokenize(text).Ids, model.TokenizeToIds(utf8, new SentencePieceWorkspace(), TestContext.Current.CancellationToken).ToArray());
    }

    [Fact]
    public void Tokenize_ManyPlaceholders_TakesTimeInProportion()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var line = model.Tokenize(string.Concat(Enumerable.Repeat("</s>", 200_000)));
        Assert.Equal(200_000, line.Ids.Count);
        Assert.All(line.Ids, id => Assert.Equal(3, id));
    }

    [Fact]
    public void TokenizeTo_LongLine_GivesThePiecesAndLooksRunsOfUnknownTextUpAsAWhole()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("sentencepiece", "uni_bf0.model"), folder.File("sentencepiece.model"));
        var tokenizer = SentencePieceModel.Load(folder.File("sentencepiece.model"));
        var text = string.Concat(Enumerable.Repeat("the house ᚠᚡᚢ aᚠb ", 6000)) + new string('ᚠ', 100_000) + " end ᚠᚡᚢ";
        var expected = tokenizer.Encode(text);
        var vocabulary = new Vocabulary([.. Pieces, "▁the", "ᚠᚡᚢ", "ᚠ", "ᚠᚡ"]);
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, [.. vocabulary.Tokens], raw => raw.Text("transforms").List("sentencepiece")));
        var line = model.Tokenize(text);
        Assert.Equal(expected.Pieces, line.Pieces);
        Assert.Equal(expected.Offsets, line.Offsets);
        Assert.Equal(expected.Pieces.Select(vocabulary.IdOf), line.Ids);
        Assert.Contains(vocabulary.IdOf("ᚠᚡᚢ"), line.Ids);
        CheckPieceByPiece(model, text, line);
        Assert.Equal(line.Ids, model.TokenizeToIds(System.Text.Encoding.UTF8.GetBytes(text), new SentencePieceWorkspace(), TestContext.Current.CancellationToken).ToArray());
    }

    [Fact]
    public void TokenizeTo_LineOf4MegabytesOrOf8_AllocatesNoMoreForTheSecond()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var random = new Random(3);
        var line = new byte[8 << 20];
        foreach (ref var value in line.AsSpan())
            value = (byte)random.Next('a', 'z' + 1);
        Allocated(line.Length);
        const long BytesOfPaths = 2 * (4 << 20); // two a character
        Assert.InRange(Allocated(line.Length) - Allocated(line.Length / 2), 0, BytesOfPaths + (BytesOfPaths / 10));

        long Allocated(int length) => Allocation.Least(() => model.TokenizeTo(line.AsSpan(0, length), new SentPieces { Keeps = false }, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("▁Ма", 1)]
    [InlineData("▁Ма ма  other", 4)]
    public void TakePieces_NoMoreThanSome_CountsAll(string line, int expected)
    {
        using var model = NmtModel.Open(SmallCheckpoint.Write(new TemporaryFolder(), Pieces, raw => raw.Text("transforms").List()));
        var whole = model.TakePieces(line);
        var first = model.TakePieces(line, 2, out var count);
        Assert.Equal(expected, count);
        Assert.Equal(expected, whole.Pieces.Count);
        Assert.Equal(line.Length == 0 ? [] : line.Split(' '), whole.Pieces);
        Assert.Equal(whole.Ids.Take(2), first.Ids);
    }

    private static TokenizedLine Tokenize(string[] tokens, string text, Action<RawPickle> options)
    {
        using var folder = new TemporaryFolder();
        return Tokenize(folder, tokens, text, options);
    }

    private static TokenizedLine Tokenize(TemporaryFolder folder, string[] tokens, string text, Action<RawPickle> options)
    {
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, tokens, options));
        var line = model.Tokenize(text);
        CheckPieceByPiece(model, text, line);
        return line;
    }

    /// <summary>One piece after the other, and the first of them, are the same pieces.</summary>
    private static void CheckPieceByPiece(NmtModel model, string text, TokenizedLine line)
    {
        var utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        var sent = new SentPieces();
        model.TokenizeTo(utf8, sent, TestContext.Current.CancellationToken);
        Assert.Equal(line.Ids, sent.Ids);
        Assert.Equal(line.Pieces, sent.Pieces);
        Assert.Equal(line.Offsets, sent.Offsets);
        var first = model.Tokenize(utf8, 2, out var count, TestContext.Current.CancellationToken);
        Assert.Equal(line.Pieces.Count, count);
        Assert.Equal(line.Ids.Take(2), first.Ids);
        Assert.Equal(line.Offsets.Take(2), first.Offsets);
        var few = new SentPieces { Most = 1 };
        model.TokenizeTo(utf8, few, TestContext.Current.CancellationToken);
        Assert.Equal(line.Ids.Take(1), few.Ids);
    }
    private sealed class SentPieces : IPieceReceiver
    {
        private readonly List<byte[]> texts = [];

        public int Most { get; init; } = int.MaxValue;

        public bool Keeps { get; init; } = true;

        public List<int> Ids { get; } = [];

        public List<TextRange> Offsets { get; } = [];

        public IEnumerable<string> Pieces => texts.Select(System.Text.Encoding.UTF8.GetString);

        public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (!Keeps)
                return true;
            Ids.Add(id);
            texts.Add(utf8.ToArray());
            Offsets.Add(range);
            return Ids.Count < Most;
        }

        public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
        {
            if (!Keeps)
                return true;
            texts[^1] = [.. texts[^1], .. utf8];
            Offsets[^1] = Offsets[^1] with { End = rangeEnd };
            return true;
        }
    }
}
