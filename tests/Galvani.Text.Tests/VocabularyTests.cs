using System.Text;

namespace Galvani.Text.Tests;

public sealed class VocabularyTests
{
    [Fact]
    public void IdOf_TokensOfTheList_AreTheirIndices()
    {
        var vocabulary = new Vocabulary(["<unk>", "<blank>", "<s>", "</s>", "▁a", "б"]);
        for (var id = 0; id < vocabulary.Count; id++)
        {
            Assert.Equal(id, vocabulary.IdOf(vocabulary.Tokens[id]));
            Assert.Equal(id, vocabulary.IdOf(Encoding.UTF8.GetBytes(vocabulary.Tokens[id])));
        }

        Assert.Empty(vocabulary.Problems);
    }

    [Fact]
    public void IdOf_TokenOutside_IsUnknownWhereverThatStands()
    {
        var vocabulary = new Vocabulary(["a", "b", "<unk>"]);
        Assert.Equal(2, vocabulary.UnknownId);
        Assert.Equal(2, vocabulary.IdOf("zzz"));
        Assert.Equal(2, vocabulary.IdOf(Vocabulary.Start)); // an absent special is no exception
        Assert.Equal(2, vocabulary.IdOf(Encoding.UTF8.GetBytes(new string('я', 400))));
        Assert.False(vocabulary.Contains("zzz"));
        Assert.False(vocabulary.TryGetId("zzz", out _));
    }

    [Fact]
    public void IdOf_NoUnknownToken_SaysSo()
    {
        var vocabulary = new Vocabulary(["a", "b"]);
        Assert.Equal(-1, vocabulary.UnknownId);
        Assert.Equal(1, vocabulary.IdOf("b"));
        Assert.Contains("no <unk>", Assert.Throws<InvalidOperationException>(() => vocabulary.IdOf("zzz")).Message, StringComparison.Ordinal);
        Assert.Contains("no <unk>", Assert.Single(vocabulary.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_DuplicateTokens_NamesBothIdsAndKeepsTheFirst()
    {
        var vocabulary = new Vocabulary(["<unk>", "a", "b", "a", "b", "a", "b", "a"]);
        Assert.Equal(1, vocabulary.IdOf("a"));
        Assert.Equal("Token \"a\" is listed as 1 and as 3: text gets 1.", vocabulary.Problems[0]);
        Assert.Equal("2 more tokens are listed twice.", vocabulary.Problems[^1]);
        Assert.Equal(4, vocabulary.Problems.Count);
    }

    [Fact]
    public void Problems_EmptyList_SaysSo() => Assert.Contains("The vocabulary is empty.", new Vocabulary([]).Problems);

    [Fact]
    public void CoverageOf_Tokenizer_CountsPiecesThatTextCanBecome()
    {
        var tokenizer = SentencePieceModel.Load(ModelBuilder.Small().Piece("gone", -9, 5).ToArray(), "small");
        var coverage = new Vocabulary(["<unk>", "<blank>", "a", "▁ab", "other"]).CoverageOf(tokenizer);
        Assert.Equal(new VocabularyCoverage(Present: 2, Total: 4), coverage);
        Assert.Equal(0.5, coverage.Share);
    }
}
