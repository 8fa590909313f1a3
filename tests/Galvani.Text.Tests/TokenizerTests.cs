namespace Galvani.Text.Tests;

public sealed class TokenizerTests
{
    [Fact]
    public void Open_EachKindOfFile_GivesItsTokenizer()
    {
        Assert.IsType<SentencePieceModel>(Tokenizer.Open(Repository.Sample("sentencepiece.model")));
        Assert.Equal(2500, Assert.IsType<SubwordNmtModel>(Tokenizer.Open(Repository.Golden("bpe", "codes.txt"))).MergeCount);
        Assert.IsType<SubwordNmtModel>(Tokenizer.Open(Repository.Golden("bpe", "codes-version-0.1.txt")));
    }

    [Fact]
    public void Open_OtherFile_SaysWhatItExpected()
    {
        var exception = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Open(Repository.Sample("model.pt")));
        Assert.Contains("is this a SentencePiece model?", exception.Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Tokenizer.Open(Repository.Sample("no-such-file")));
    }
}
