using System.Text;

namespace Galvani.Text.Tests.SentencePiece;

/// <summary>Words that are remembered are cut as those that come new: a workspace that has seen few words remembers none.</summary>
public sealed class WordCacheTests
{
    private const int LongestWord = 70; // longer than what is remembered
    private const int WordCount = 1200; // more than the first table has places

    private static readonly string[] Letters = ["a", "b", "é", "ж", "ば"];

    [Theory]
    [InlineData(SentencePieceModelType.Unigram)]
    [InlineData(SentencePieceModelType.Bpe)]
    public void Encode_WordsMetBefore_EqualsAFreshWorkspace(SentencePieceModelType type)
    {
        var model = Model(type);
        var warm = new SentencePieceWorkspace();
        var random = new Random(3);
        string[] words = [.. Enumerable.Range(1, LongestWord).Select(length => Word(random, length)), .. Enumerable.Range(0, WordCount).Select(_ => Word(random, random.Next(1, 9)))];
        var segmentCounts = new HashSet<int>();
        for (var round = 0; round < 2; round++)
        {
            foreach (var word in words)
            {
                var text = Encoding.UTF8.GetBytes($"{word} {word}");
                var expected = model.Encode(text, new SentencePieceWorkspace());
                var actual = model.Encode(text, warm);
                Assert.Equal(expected.Ids, actual.Ids);
                Assert.Equal(expected.Pieces, actual.Pieces);
                Assert.Equal(expected.Offsets, actual.Offsets);
                segmentCounts.Add(expected.Ids.Count / 2);
            }
        }

        Assert.Contains(segmentCounts, count => count <= 6);
        Assert.Contains(segmentCounts, count => count is > 6 and <= 14);
        Assert.Contains(segmentCounts, count => count > 14);
    }

    /// <summary>The words of a line are found ahead, some at a time.</summary>
    [Theory]
    [InlineData(SentencePieceModelType.Unigram)]
    [InlineData(SentencePieceModelType.Bpe)]
    public void EncodeIds_LinesOfAnyNumberOfWords_AreTheIdsOfTheWords(SentencePieceModelType type)
    {
        var model = Model(type);
        var warm = new SentencePieceWorkspace();
        var random = new Random(4);
        for (var count = 1; count <= 60; count++)
        {
            string[] words = [.. Enumerable.Range(0, count).Select(_ => Word(random, random.Next(1, 4)))];
            int[] expected = [.. words.SelectMany(word => model.Encode(Encoding.UTF8.GetBytes(word), new SentencePieceWorkspace()).Ids)];
            for (var round = 0; round < 3; round++)
                Assert.Equal(expected, model.EncodeIds(Encoding.UTF8.GetBytes(string.Join(' ', words)), warm).ToArray());
        }
    }

    private static string Word(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Letters[random.Next(Letters.Length)]));

    /// <summary>Scores that differ by so much that no sum of a line makes a choice doubtful.</summary>
    private static SentencePieceModel Model(SentencePieceModelType type)
    {
        var builder = new ModelBuilder().Trainer(new ModelBuilder().Varint(3, (ulong)type)).Piece("<unk>", 0, 2).Piece("<s>", 0, 3).Piece("</s>", 0, 3).Piece("▁", -5);
        for (var i = 0; i < Letters.Length; i++)
            builder.Piece(Letters[i], -6 - i).Piece("▁" + Letters[i], -2.25f * (i + 1));
        return SentencePieceModel.Load(builder.Piece("ab", -3.5f).Piece("жb", -4.5f).Piece("aばa", -8.125f).ToArray(), "words");
    }
}
