using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Lines with more pieces than allowed.</summary>
public sealed class LineLimitTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, 96, 96)]
    [InlineData(10, 96, 10)]
    [InlineData(100, 96, 96)]
    [InlineData(10, null, 10)]
    public void Create_LimitOfTheOptionAndOfTheModel_TakesTheSmaller(int? given, int? model, int? expected) =>
        Assert.Equal(expected, LineLimit.Create(given, "error", model).Maximum);

    [Theory]
    [InlineData(0, "error")]
    [InlineData(1, "shorten")]
    public void Create_BadOption_IsWrongUsage(int maximum, string onLong) => Assert.Throws<UsageException>(() => LineLimit.Create(maximum, onLong, modelMaximum: null));

    [Fact]
    public void Admits_LongLine_IsTheErrorOrToBeShortened()
    {
        Assert.True(new LineLimit(2, "error").Admits(2, number: 7));
        Assert.False(new LineLimit(2, "cut").Admits(3, number: 7));
        Assert.Equal("Line 7 has 3 pieces, the limit is 2; --on-long cut or split shortens such lines.", Assert.Throws<CommandException>(() => new LineLimit(2, "error").Admits(3, number: 7)).Message);
    }

    [Fact]
    public void Encode_SplitLine_IsTheMeanOverAllItsTokensWithPositionsOfThePart()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var encoder = new SentenceEncoder(model, new EmbeddingOptions { Parts = VectorParts.Tokens });
        var line = model.TakePieces("▁a1 ▁a2 ▁a3 ▁a4 ▁a5");
        var report = new RunReport("embed", modelPath: null, []);
        var split = new LineLimit(2, "split").Encode(encoder, line, EmbeddedForm.Mean, number: 1, report);
        NumericAssert.CloseToLargest(encoder.Encode(line), split, 1e-6);
        Assert.Equal(1, report.LongLines);
        var rows = new LineLimit(2, "split").Encode(encoder, line, EmbeddedForm.Tokens, number: 1, report);
        Assert.Equal(encoder.EncodeTokens(line), rows);
    }
}
