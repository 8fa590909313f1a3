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

    [Fact]
    public void CoverageOf_SentencePieceFile_EqualsTheOpenedModels()
    {
        var path = Repository.Sample("sentencepiece.model");
        var model = SentencePieceModel.Load(path);
        var vocabulary = new Vocabulary([Vocabulary.Unknown, .. Enumerable.Range(0, model.PieceCount).Where(id => id % 3 != 0).Select(model.PieceAt)]);
        var coverage = vocabulary.CoverageOf(model);
        Assert.InRange(coverage.Share, 0.6, 0.7);
        Assert.Equal(coverage, Tokenizer.CoverageOf(path, vocabulary));
    }

    [Fact]
    public void CoverageOf_Codes_IsUnknown() => Assert.Null(Tokenizer.CoverageOf(Repository.Golden("bpe", "codes.txt"), new Vocabulary([Vocabulary.Unknown])));

    [Fact]
    public void CoverageOf_OtherFile_SaysWhatItExpected()
    {
        var exception = Assert.Throws<TokenizerFormatException>(() => Tokenizer.CoverageOf(Repository.Sample("model.pt"), new Vocabulary([Vocabulary.Unknown])));
        Assert.Contains("is this a SentencePiece model?", exception.Message, StringComparison.Ordinal);
    }
}
