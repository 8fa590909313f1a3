using System.Text;
using Galvani.Text.SentencePiece;

namespace Galvani.Text.Tests.SentencePiece;

public sealed class PieceTrieTests
{
    [Theory]
    [InlineData(40, 3000)] // an alphabet
    [InlineData(8000, 60000)] // ideographs: wide and sparse nodes
    [InlineData(3, 300)]
    public void Find_RandomPieces_AgreesWithADictionary(int alphabet, int count)
    {
        var random = new Random(7);
        var words = new Dictionary<string, int>();
        while (words.Count < count)
            words.TryAdd(Word(random, alphabet), words.Count);
        var builder = new ModelBuilder();
        foreach (var word in words.Keys)
            builder.Piece(word, -1);
        var file = ModelFile.Read(builder.ToArray(), "random");
        var trie = PieceTrieBuilder.Build(file, [.. Enumerable.Range(0, count)]);

        foreach (var (word, id) in words)
            Assert.Equal(id, trie.Find(Encoding.UTF8.GetBytes(word)));
        for (var i = 0; i < 20000; i++)
        {
            var word = Word(random, alphabet + 1);
            Assert.Equal(words.GetValueOrDefault(word, -1), trie.Find(Encoding.UTF8.GetBytes(word)));
        }

        var nodeCount = trie.Nodes.Count(node => node.Parent >= 0);
        Assert.True(trie.Nodes.Length <= (2 * nodeCount) + alphabet, $"{trie.Nodes.Length} places for {nodeCount} nodes");
    }

    [Fact]
    public void LongestMatch_InvalidTail_StopsThere()
    {
        var file = ModelFile.Read(new ModelBuilder().Piece("é", -1).Piece("éé", -1).ToArray(), "two");
        var trie = PieceTrieBuilder.Build(file, [0, 1]);
        Assert.Equal(4, trie.LongestMatch("ééé"u8));
        Assert.Equal(2, trie.LongestMatch([0xC3, 0xA9, 0xC3]));
        Assert.Equal(0, trie.LongestMatch([0xA9]));
        Assert.Equal(0, trie.LongestMatch([]));
    }

    // Zipf-like: low code points are frequent, so that some nodes have very many children.
    private static string Word(Random random, int alphabet)
    {
        var text = new StringBuilder();
        for (var length = random.Next(1, 7); length > 0; length--)
            text.Append((char)(0x4E00 + (int)(alphabet * Math.Pow(random.NextDouble(), 3))));
        return text.ToString();
    }
}
