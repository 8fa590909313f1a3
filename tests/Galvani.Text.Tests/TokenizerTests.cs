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
        var path = Repository.Sample("model.pt");
        var exception = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Open(path));
        Assert.Equal($"This is a zip archive, as a checkpoint is; expected a SentencePiece model (.model) or the merge codes of subword-nmt. {path}: byte 0.", exception.Message);
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
        Assert.Contains("This is a zip archive", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Мама мыла раму и окна.\nЕщё строка.\n", "This is text;")]
    [InlineData("{\n  \"version\": \"1.0\",\n", "This is JSON,")]
    [InlineData("<unk>\t0\n<s>\t0\n▁a\t-3.5\n", "This is a list of pieces and numbers,")]
    [InlineData("two words\nand then a sentence\n", "Merge 1 is not two words with a space between: this is text,")]
    public void Open_TextOfAnotherKind_SaysWhatItIs(string text, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer"), text);
        Assert.StartsWith(message, Assert.Throws<TokenizerFormatException>(() => Tokenizer.Open(folder.File("tokenizer"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x80, 2, 0x7D, 0x71, 0, 0x2E }, "This is a pickle,")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0 }, "This is a gzip archive")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D }, "This is a safetensors file;")]
    public void Open_BytesOfAnotherKind_SaysWhatTheyAre(byte[] bytes, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer"), bytes);
        Assert.StartsWith(message, Assert.Throws<TokenizerFormatException>(() => Tokenizer.Open(folder.File("tokenizer"))).Message, StringComparison.Ordinal);
    }
}
