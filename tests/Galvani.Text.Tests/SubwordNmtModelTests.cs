using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Galvani.Text.Tests;

public sealed class SubwordNmtModelTests
{
    private const string Name = "codes";

    [Theory]
    [InlineData("codes.txt", null, "codes")]
    [InlineData("codes-version-0.1.txt", null, "codes-version-0.1")]
    [InlineData("codes.txt", "vocabulary.txt", "vocabulary-50")]
    public void Encode_GoldenLines_EqualsReference(string codes, string? vocabulary, string expected)
    {
        var model = SubwordNmtModel.Load(Repository.Golden("bpe", codes));
        if (vocabulary is not null)
            model = model.WithVocabulary(Repository.Golden("bpe", vocabulary), threshold: 50);
        var count = 0;
        foreach (var line in GoldenObjects())
        {
            var text = line.GetProperty("text").GetString()!;
            var encoded = model.Encode(text);
            Assert.Equal(line.GetProperty(expected).EnumerateArray().Select(piece => piece.GetString()), encoded.Pieces);
            AssertOffsetsSpellPieces(Encoding.UTF8.GetBytes(text), encoded);
            count++;
        }

        Assert.Equal(1400, count);
    }

    [Fact]
    public void Load_MoreMergesThanAnyoneHas_IsRefused()
    {
        var codes = new System.Text.StringBuilder("#version: 0.2\n");
        for (var merge = 0; merge <= 500_000; merge++)
            codes.Append(merge).Append(" a\n");
        var exception = Assert.Throws<TokenizerFormatException>(() => SubwordNmtModel.Load(System.Text.Encoding.ASCII.GetBytes(codes.ToString()), "x"));
        Assert.Contains("more than 500000 merges", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PieceOfMoreThanAMebibyte_IsRefused()
    {
        var (left, right) = (new string('a', 1 << 19), new string('b', 1 << 19));
        var exception = Assert.Throws<TokenizerFormatException>(() => SubwordNmtModel.Load(Encoding.UTF8.GetBytes($"#version: 0.2\n{left} {right}b\n"), "x"));
        Assert.Contains("Merge 0 makes a piece of 1048577 bytes, expected at most 1048576", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(SubwordNmtModel.Load(Encoding.UTF8.GetBytes($"#version: 0.2\n{left} {right}\n"), "x"));
    }

    [Fact]
    public void DecodePieces_OfEncodedText_GivesTheWordsBack()
    {
        var model = SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt"));
        Assert.Equal("невероятно длинное слово", model.DecodePieces(model.Encode(" невероятно  длинное слово ").Pieces));
        Assert.Equal("abc", model.DecodePieces(["a@@", "b@@", "c@@"]));
        Assert.Equal("", model.DecodePieces([]));
        Assert.Empty(model.Encode("  \u001F ").Pieces);
    }

    [Fact]
    public void Encode_MergeThatMakesABetterPair_FinishesTheRankFirst()
    {
        // Merging "b c" (rank 1) makes "a bc" (rank 0) possible: both "b c" are merged before it.
        var model = SubwordNmtModel.Load("#version: 0.2\na bc\nb c\nc abc\nabc abc\n"u8, Name);
        Assert.Equal(["abcabc@@", "x"], model.Encode("abcabcx").Pieces);
        Assert.Equal(["aa@@", "aa@@", "a@@", "x"], SubwordNmtModel.Load("#version: 0.2\na a\n"u8, Name).Encode("aaaaax").Pieces);
    }

    [Fact]
    public void Encode_LongWord_TakesOnePass()
    {
        var model = SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt"));
        var word = string.Concat(Enumerable.Repeat("переменная", 20_000));
        Assert.Equal(word, string.Concat(model.Encode(word).Pieces.Select(piece => piece.Replace("@@", "", StringComparison.Ordinal))));
    }

    [Fact]
    public void Encode_InvalidBytes_AreReplacementCharactersOfOneByte()
    {
        var model = SubwordNmtModel.Load("a b"u8, Name);
        var encoded = model.Encode([(byte)'a', (byte)'b', 0xE2, 0x82, (byte)' ', 0xFF]);
        Assert.Equal(["ab@@", "\uFFFD@@", "\uFFFD", "\uFFFD"], encoded.Pieces);
        Assert.Equal([new(0, 2), new(2, 3), new(3, 4), new TextRange(5, 6)], encoded.Offsets);
        Assert.Empty(encoded.Ids);
    }

    [Theory]
    [InlineData("", "Merge 0 is not two words", 0)]
    [InlineData("#version: 0.2\n", "Merge 0 is not two words", 13)]
    [InlineData("#version: 0.3\na b\n", "version \"0.3\"", 0)]
    [InlineData("#version:\na b\n", "version \"\"", 0)]
    [InlineData("a b\nc\n", "Merge 1 is not two words", 4)]
    [InlineData("#version: 0.2\na b\nc d e\n", "Merge 1 is not two words", 18)]
    [InlineData("a b\n\nc d", "Merge 1 is not two words", 4)]
    public void Load_BrokenCodes_SaysWhatAndWhere(string codes, string expected, long offset)
    {
        var exception = Assert.Throws<TokenizerFormatException>(() => SubwordNmtModel.Load(Encoding.UTF8.GetBytes(codes), Name));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal(offset, exception.ByteOffset);
    }

    [Fact]
    public void Load_CodesThatAreNotUtf8_SaysWhere() =>
        Assert.Equal(4, Assert.Throws<TokenizerFormatException>(() => SubwordNmtModel.Load([.. "a b\n"u8, 0xFF, (byte)' ', (byte)'c'], Name)).ByteOffset);

    [Fact]
    public void WithVocabulary_DeeplyNestedMerges_AreUndoneWithoutRecursion()
    {
        const int Depth = 2000;
        var codes = new StringBuilder("#version: 0.2\n");
        for (var length = 1; length < Depth; length++)
            codes.Append('a', length).Append(" a\n");
        var vocabulary = Path.GetTempFileName();
        File.WriteAllText(vocabulary, "zz 3\n");
        try
        {
            var model = SubwordNmtModel.Load(Encoding.UTF8.GetBytes(codes.ToString()), Name).WithVocabulary(vocabulary, threshold: 1);
            Assert.Equal(Depth + 1, model.Encode(new string('a', Depth) + "b").Pieces.Count);
        }
        finally
        {
            File.Delete(vocabulary);
        }
    }

    [Fact]
    public void WithVocabulary_WordOfOneCharacter_StaysWhole()
    {
        var vocabulary = Path.GetTempFileName();
        File.WriteAllText(vocabulary, "zz 3\n");
        try
        {
            var model = SubwordNmtModel.Load("x </w>\ny x</w>"u8, Name).WithVocabulary(vocabulary, threshold: 0);
            Assert.Equal(["x", "y@@", "x@@", ""], model.Encode("x yx").Pieces); // the empty piece is the original's too
        }
        finally
        {
            File.Delete(vocabulary);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a 1\nb x\n")]
    [InlineData("a 1 2\n")]
    public void WithVocabulary_BrokenFile_Throws(string text)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        try
        {
            var model = SubwordNmtModel.Load("a b"u8, Name);
            Assert.Equal(path, Assert.Throws<TokenizerFormatException>(() => model.WithVocabulary(path, threshold: 0)).Path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void AssertOffsetsSpellPieces(byte[] utf8, TokenizedText encoded)
    {
        for (var i = 0; i < encoded.Pieces.Count; i++)
        {
            var (start, end) = encoded.Offsets[i];
            var piece = Encoding.UTF8.GetString(utf8.AsSpan(start, end - start));
            LazyAssert.True(encoded.Pieces[i] == piece || encoded.Pieces[i] == piece + "@@", $"{encoded.Pieces[i]} at {start}-{end}: {piece}");
        }
    }

    private static IEnumerable<JsonElement> GoldenObjects()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Repository.Golden("bpe", "expected.jsonl.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
