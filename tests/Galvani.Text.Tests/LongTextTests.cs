using System.Text;

namespace Galvani.Text.Tests;

/// <summary>Texts of any length, worked on in parts: the same pieces as in one go.</summary>
public sealed class LongTextTests
{
    public static TheoryData<string> Models => GoldenLines.Models;

    public static TheoryData<string> Settings => GoldenLines.Settings;

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTo_GoldenLinesInSmallBlocks_EqualsReferenceAndEncode(string name)
    {
        var model = GoldenLines.Load(name);
        var workspace = new SentencePieceWorkspace();
        var index = 0;
        foreach (var (expected, _) in GoldenLines.Expected(name))
        {
            var utf8 = Encoding.UTF8.GetBytes(GoldenLines.Texts[index]);
            Assert.Equal(expected, Check(model, workspace, utf8, blockBytes: 1 + (index++ % 40)).Ids);
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void EncodeTo_ModelOfEachSettingInSmallBlocks_EqualsEncode(string name)
    {
        var model = SentencePieceModel.Load(Repository.Golden("sentencepiece-settings", name + ".model"));
        var workspace = new SentencePieceWorkspace();
        var index = 0;
        foreach (var line in GoldenLines.ExpectedOfSetting(name))
            Check(model, workspace, Encoding.UTF8.GetBytes(line.GetProperty("text").GetString()!), blockBytes: 1 + (index++ % 9));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTo_ManyLinesAsOne_EqualsEncode(string name)
    {
        var model = GoldenLines.Load(name);
        var text = string.Join(' ', GoldenLines.Texts);
        var workspace = new SentencePieceWorkspace();
        Check(model, workspace, Encoding.UTF8.GetBytes(text), blockBytes: 1 << 12);
        Check(model, workspace, Encoding.UTF8.GetBytes(text.Replace(" ", "", StringComparison.Ordinal)), blockBytes: 1 << 10);
        var collected = new Collector();
        model.EncodeTo(Encoding.UTF8.GetBytes(text), collected, TestContext.Current.CancellationToken);
        Assert.Equal(model.Encode(text).Ids, collected.Ids);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTo_AllSettingsOfWhiteSpaceAndBrokenBytes_EqualsEncode(string name) => CheckRandomTexts(GoldenLines.Load(name));

    [Theory]
    [MemberData(nameof(Settings))]
    public void EncodeTo_RandomTexts_EqualsEncode(string name) => CheckRandomTexts(SentencePieceModel.Load(Repository.Golden("sentencepiece-settings", name + ".model")));

    /// <summary>Texts of few letters, in which pieces overlap everywhere: nothing but the merges themselves says where a segment ends.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTo_FewLetters_EqualsEncode(string name)
    {
        var model = GoldenLines.Load(name);
        var random = new Random(11);
        var workspace = new SentencePieceWorkspace();
        string[] alphabets = ["a", "e", "the", "ing", "о", "тноса", "stra", "0123456789", "ab cd"];
        foreach (var alphabet in alphabets)
        {
            for (var i = 0; i < 60; i++)
            {
                var text = new char[random.Next(1, 700)];
                for (var at = 0; at < text.Length; at++)
                    text[at] = alphabet[random.Next(alphabet.Length)];
                Check(model, workspace, Encoding.UTF8.GetBytes(text), blockBytes: random.Next(1, 120));
            }
        }
    }

    /// <summary>Words, at whose ends all paths meet, text in which they meet nowhere for long, unknown text and words again: what is searched in one window, and what in two, is cut alike.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTo_WordsAndOverlappingPieces_EqualsEncode(string name)
    {
        var model = GoldenLines.Load(name);
        var random = new Random(17);
        var workspace = new SentencePieceWorkspace();
        string[] words = ["the house ", "\uFDFA", "\u16A0\u16A1", "Мама мыла раму ", "<s>", "\u3000", "no "];
        string[] overlapping = ["a", "e", "the", "о", "ing"];
        for (var i = 0; i < 60; i++)
        {
            var text = new StringBuilder();
            for (var part = random.Next(1, 5); part >= 0; part--)
            {
                var unit = random.Next(3) == 0 ? overlapping[random.Next(overlapping.Length)] : null;
                for (var repeat = random.Next(1, 200); repeat > 0; repeat--)
                    text.Append(unit ?? words[random.Next(words.Length)]);
            }

            Check(model, workspace, Encoding.UTF8.GetBytes(text.ToString()), blockBytes: random.Next(1, 600));
        }
    }

    /// <summary>Unused pieces are split as the last of all merges says, wherever in the text it is: in models and texts of two letters or three, most parts and their borders have a say.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void EncodeTo_RandomModelsWithUnusedPieces_EqualsEncode(double unusedShare)
    {
        var random = new Random(13);
        var workspace = new SentencePieceWorkspace();
        for (var i = 0; i < 400; i++)
        {
            var (model, letters) = RandomBpeModel(random, unusedShare);
            for (var j = 0; j < 5; j++)
            {
                var text = new byte[random.Next(1, 400)];
                for (var at = 0; at < text.Length; at++)
                    text[at] = (byte)letters[random.Next(letters.Length)];
                Check(model, workspace, text, blockBytes: random.Next(1, 60));
            }
        }
    }

    private static (SentencePieceModel Model, string Letters) RandomBpeModel(Random random, double unusedShare)
    {
        var letters = "abc"[..random.Next(1, 4)];
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown);
        var pieces = letters.Select(letter => letter.ToString()).ToList();
        for (var attempt = random.Next(4, 40); attempt > 0; attempt--)
        {
            var piece = pieces[random.Next(pieces.Count)] + pieces[random.Next(pieces.Count)];
            if (piece.Length <= 8 && !pieces.Contains(piece))
                pieces.Add(piece);
        }

        foreach (var piece in pieces)
        {
            var type = piece.Length == 1 ? PieceType.Normal : random.NextDouble() < unusedShare ? PieceType.Unused : random.Next(20) == 0 ? PieceType.UserDefined : PieceType.Normal;
            builder.Piece(piece, -random.Next(10), (int)type);
        }

        var trainer = new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe);
        return (SentencePieceModel.Load(builder.Trainer(trainer).ToArray(), "random"), letters);
    }

    /// <summary>A word that is longer than any piece comes in parts: the bytes of all of them stand where the word begins, and the last where it ends.</summary>
    [Fact]
    public void EncodeTo_WordsUnderByteFallback_EqualsEncode()
    {
        var builder = new ModelBuilder().Piece("<unk>", 0, 2).Piece("▁the", -1).Piece("▁", -2).Piece("▁ёлка", -3);
        for (var value = 0; value < 256; value++)
            builder.Piece(FormattableString.Invariant($"<0x{value:X2}>"), 0, 6);
        var model = SentencePieceModel.Load(builder.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Word).Varint(35, 1)).ToArray(), "word");
        var unknown = Assert.Single(model.Encode("x").Offsets.Skip(3));
        Assert.Equal(new TextRange(0, 1), unknown);
        CheckRandomTexts(model);
    }

    [Theory]
    [InlineData("uni_bf0")]
    [InlineData("bpe_bf0")]
    public void EncodeTo_ReceiverHasEnough_GetsNoMore(string name)
    {
        var model = GoldenLines.Load(name);
        var text = string.Concat(Enumerable.Repeat("the house ", 20_000));
        foreach (var input in (string[])["the house the house", text])
        {
            var collected = new Collector { Most = 3 };
            model.EncodeTo(Encoding.UTF8.GetBytes(input), collected, TestContext.Current.CancellationToken);
            Assert.Equal(model.Encode(input).Ids.Take(3), collected.Ids);
        }
    }

    [Fact]
    public void EncodeTo_SubwordNmt_EqualsEncode()
    {
        var codes = SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt"));
        foreach (var text in GoldenLines.Texts)
        {
            var (expected, collected) = (codes.Encode(text), new Collector());
            codes.EncodeTo(Encoding.UTF8.GetBytes(text), collected, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Pieces, collected.Pieces);
            Assert.Equal(expected.Offsets, collected.Offsets);
        }
    }

    /// <summary>Pieces of which each is one letter longer and better than the last: a word may become any of them until its end is seen.</summary>
    [Theory]
    [InlineData(PieceType.Normal)]
    [InlineData(PieceType.Unused)]
    public void EncodeTo_NothingSureInAMegabyte_IsOneClearError(PieceType type)
    {
        var model = LongerAndBetter(type);
        var exception = Assert.Throws<ArgumentException>(() => model.EncodeTo(Letters(3_000_000), new Collector(), TestContext.Current.CancellationToken));
        Assert.Equal(
            "Of 2097152 bytes of a word it is open where they are cut while its end is not seen, expected at most 1048576 under a tokenizer's pieces: put spaces into the word, or use another tokenizer.",
            exception.Message);
    }

    [Theory]
    [InlineData(PieceType.Normal)]
    [InlineData(PieceType.Unused)]
    public void EncodeTo_NothingSureInLessThanAMegabyte_EqualsEncode(PieceType type)
    {
        var model = LongerAndBetter(type);
        byte[] text = [.. Letters(1_000_000), (byte)'-', .. Letters(300_000), (byte)'-', .. Letters(7)];
        var collected = new Collector();
        model.EncodeTo(text, collected, TestContext.Current.CancellationToken);
        Assert.True(model.Encode(text).Ids.SequenceEqual(collected.Ids)); // hundreds of thousands
    }

    /// <summary>A piece of thousands of letters that no merge makes is near at every place: looking for it anew would take as many steps a letter.</summary>
    [Theory]
    [InlineData(PieceType.Normal)]
    [InlineData(PieceType.Unused)]
    public void EncodeTo_LongPieceThatNothingMakes_EqualsEncode(PieceType type)
    {
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown).Piece("a", -3).Piece("aa", -2).Piece("aab", -2.5f).Piece(new string('a', 2800), -1, (int)type);
        var model = SentencePieceModel.Load(builder.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe)).ToArray(), "gap");
        byte[] text = [.. Letters(150_000), (byte)'-', .. Letters(3001), (byte)'b', .. Letters(100_000), (byte)'-', .. Letters(70_001), (byte)'b'];
        var collected = new Collector();
        model.EncodeTo(text, collected, TestContext.Current.CancellationToken);
        Assert.True(model.Encode(text).Ids.SequenceEqual(collected.Ids)); // hundreds of thousands
        Assert.Throws<ArgumentException>(() => model.EncodeTo(Letters(3_000_000), new Collector(), TestContext.Current.CancellationToken));
    }

    /// <summary>Powers of two of one letter, best first or last, of which the smallest are merged into larger ones all over the text.</summary>
    [Theory]
    [InlineData(PieceType.Normal)]
    [InlineData(PieceType.Unused)]
    public void EncodeTo_PiecesMadeOfOneAnother_EqualsEncode(PieceType type)
    {
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown).Piece("a", 0);
        for (var power = 1; power <= 11; power++)
            builder.Piece(new string('a', 1 << power), -power, (int)type);
        var model = SentencePieceModel.Load(builder.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe)).ToArray(), "powers");
        var collected = new Collector();
        model.EncodeTo(Letters(500_001), collected, TestContext.Current.CancellationToken);
        Assert.True(model.Encode(Letters(500_001)).Ids.SequenceEqual(collected.Ids)); // hundreds of thousands
        Assert.Equal(type == PieceType.Unused ? 500_002 : (500_001 >> 11) + 4, collected.Ids.Count); // the white space in front, and a rest of 256 + 32 + 1
    }

    /// <summary>User-defined symbols in a row are told apart without an end.</summary>
    [Theory]
    [InlineData(SentencePieceModelType.Char)]
    [InlineData(SentencePieceModelType.Bpe)]
    public void EncodeTo_UserDefinedSymbolsInARow_EqualsEncode(SentencePieceModelType modelType)
    {
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown).Piece("aaa", 0, (int)PieceType.UserDefined).Piece("a", -1);
        var model = SentencePieceModel.Load(builder.Trainer(new ModelBuilder().Varint(3, (ulong)modelType)).ToArray(), "symbols");
        var text = Letters(2_500_000);
        var collected = new Collector();
        model.EncodeTo(text, collected, TestContext.Current.CancellationToken);
        Assert.True(model.Encode(text).Ids.SequenceEqual(collected.Ids)); // hundreds of thousands
    }

    [Fact]
    public void EncodeTo_Cancelled_StopsWhileAWordIsCut()
    {
        using var source = new CancellationTokenSource();
        var collected = new Collector { AtFirst = source.Cancel };
        Assert.Throws<OperationCanceledException>(() => GoldenLines.Load("bpe_bf0").EncodeTo(Letters(1_000_000), collected, source.Token));
        Assert.InRange(collected.Ids.Count, 1, 100_000);
        Assert.Throws<OperationCanceledException>(() => GoldenLines.Load("uni_bf0").EncodeTo(Letters(100_000), new Collector(), new CancellationToken(canceled: true)));
        Assert.Throws<OperationCanceledException>(() => SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt")).EncodeTo(Letters(100), new Collector(), new CancellationToken(canceled: true)));
    }

    private static byte[] Letters(int count)
    {
        var letters = new byte[count];
        letters.AsSpan().Fill((byte)'a');
        return letters;
    }

    private static SentencePieceModel LongerAndBetter(PieceType type)
    {
        const int Longest = 300;
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown).Piece("a", -Longest);
        for (var length = 2; length <= Longest; length++)
            builder.Piece(new string('a', length), length - Longest, (int)type);
        return SentencePieceModel.Load(builder.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe)).ToArray(), "longer");
    }

    private static void CheckRandomTexts(SentencePieceModel model)
    {
        string[] parts = [" ", "  ", "\u2581", "\u3000", "a", "ab", "the", "\u16A0", "\uFDFA", "\u3316", "1", "é", "e\u0301", "<s>", "</s>", "\t", "ё", "Мама", "aaaa"];
        var random = new Random(7);
        var workspace = new SentencePieceWorkspace();
        for (var i = 0; i < 1500; i++)
        {
            var bytes = new List<byte>();
            for (var part = random.Next(20); part >= 0; part--)
            {
                for (var repeat = random.Next(4) == 0 ? random.Next(20) : 1; repeat > 0; repeat--)
                    bytes.AddRange(Encoding.UTF8.GetBytes(parts[random.Next(parts.Length)]));
                if (random.Next(8) == 0)
                    bytes.Add((byte)random.Next(0x80, 0x100));
            }

            Check(model, workspace, [.. bytes], blockBytes: random.Next(1, 30));
        }
    }

    private static Collector Check(SentencePieceModel model, SentencePieceWorkspace workspace, byte[] utf8, int blockBytes)
    {
        var expected = model.Encode(utf8);
        var collected = new Collector();
        model.EncodeTo(utf8, RecordingOrigins(workspace), collected, blockBytes);
        var text = Encoding.UTF8.GetString(utf8);
        LazyAssert.True(expected.Ids.SequenceEqual(collected.Ids), $"{text}: expected {string.Join(' ', expected.Pieces)}, got {string.Join(' ', collected.Pieces)} in blocks of {blockBytes}");
        Assert.Equal(expected.Pieces, collected.Pieces);
        Assert.Equal(expected.Offsets, collected.Offsets);
        return collected;
    }

    private static SentencePieceWorkspace RecordingOrigins(SentencePieceWorkspace workspace)
    {
        workspace.Normalized.RecordsOrigins = true;
        return workspace;
    }

    private sealed class Collector : IPieceReceiver
    {
        private readonly List<byte[]> texts = [];

        public int Most { get; init; } = int.MaxValue;

        /// <summary>Called with the first piece.</summary>
        public Action? AtFirst { get; init; }

        public List<int> Ids { get; } = [];

        public List<TextRange> Offsets { get; } = [];

        public IEnumerable<string> Pieces => texts.Select(Encoding.UTF8.GetString);

        public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            Assert.True(Ids.Count < Most);
            if (Ids.Count == 0)
                AtFirst?.Invoke();
            Ids.Add(id);
            texts.Add(utf8.ToArray());
            Offsets.Add(range);
            return Ids.Count < Most;
        }

        public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
        {
            texts[^1] = [.. texts[^1], .. utf8];
            Offsets[^1] = Offsets[^1] with { End = rangeEnd };
            return true;
        }
    }
}
