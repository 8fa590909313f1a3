using System.Text;

namespace Galvani.Text.Tests;

public sealed class VocabularyEncoderTests
{
    [Fact]
    public void EncodeIds_GoldenLines_AreTheVocabularyIdsOfThePieces()
    {
        var tokenizer = GoldenLines.Load("uni_bf0");
        var pieces = Enumerable.Range(0, tokenizer.PieceCount).Select(tokenizer.PieceAt).Where((_, id) => id % 3 != 0);
        // A run of text that the tokenizer does not know may still be a word of the vocabulary.
        var vocabulary = new Vocabulary(["<blank>", .. pieces.Reverse(), "<unk>", "\u035A"]);
        var encoder = new VocabularyEncoder(tokenizer, vocabulary);
        var workspace = new SentencePieceWorkspace();
        foreach (var text in GoldenLines.Texts)
        {
            var expected = tokenizer.Encode(text).Pieces.Select(vocabulary.IdOf);
            Assert.Equal(expected, encoder.EncodeIds(Encoding.UTF8.GetBytes(text), workspace).ToArray());
        }

        Assert.Contains(vocabulary.Count - 1, GoldenLines.Texts.SelectMany(text => encoder.EncodeIds(Encoding.UTF8.GetBytes(text), workspace).ToArray()));
    }

    [Fact]
    public void Constructor_VocabularyWithoutUnknown_Refuses() =>
        Assert.Throws<ArgumentException>(() => new VocabularyEncoder(GoldenLines.Load("uni_bf0"), new Vocabulary(["a"])));
}
