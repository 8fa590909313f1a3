using Galvani.Cli.Pipe;
using Galvani.Embeddings;

namespace Galvani.Cli.Tests.Pipe;

public sealed class LongLineVectorTests
{
    [Theory]
    [InlineData("cut", 2)]
    [InlineData("split", 1)]
    [InlineData("split", 2)]
    [InlineData("split", 5)]
    [InlineData("split", 6)]
    [InlineData("error", 5)]
    [InlineData("error", null)]
    public void Finish_AnyLimit_GivesTheVectorOfTheLine(string onLong, int? maximum)
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var encoder = new SentenceEncoder(model, new EmbeddingOptions { Dimensions = new DimensionRange(1, 5), IsCentered = true });
        var line = model.TakePieces("▁a1 ▁a2 ▁a3 ▁a4 ▁a5");
        var limit = new LineLimit(maximum, onLong);
        var longVector = new LongLineVector(encoder, limit);
        foreach (var id in line.Ids)
            longVector.Add(id);
        Assert.Equal(line.Ids.Count, longVector.Count);
        var vector = new float[encoder.Width];
        longVector.Finish(vector);
        Assert.Equal(limit.Encode(encoder, line, EmbeddedForm.Mean, number: 1, new RunReport("embed", modelPath: null, [])), vector);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(5, false)]
    [InlineData(8, false)]
    [InlineData(9, false)]
    public void Finish_ManyShortParts_GivesTheMeanOfTheirVectors(int maximum, bool isCentered)
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        foreach (var range in (DimensionRange?[])[null, new DimensionRange(1, 5)])
        {
            var encoder = new SentenceEncoder(model, new EmbeddingOptions { Dimensions = range, IsCentered = isCentered });
            foreach (var count in (int[])[maximum, maximum + 1, 512, 513, 2001])
            {
                int[] ids = [.. Enumerable.Range(0, count).Select(s => s * 5 % 7 + s % 3)];
                var mean = new WeightedMean(encoder.Width);
                var vector = new float[encoder.Width];
                foreach (var part in ids.Chunk(maximum))
                {
                    encoder.Encode(part, vector);
                    mean.Add(vector, part.Length);
                }

                var longVector = new LongLineVector(encoder, new LineLimit(maximum, "split"));
                foreach (var id in ids)
                    longVector.Add(id);
                longVector.Finish(vector);
                Assert.Equal(mean.ToArray(), vector);
            }
        }
    }

    /// <summary>Ids beyond the limit are counted for the error, but nothing is made of them: none of them may be a row of the embedding.</summary>
    [Fact]
    public void Add_BeyondTheLimit_OnlyCounts()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var longVector = new LongLineVector(new SentenceEncoder(model), new LineLimit(2, "error"));
        for (var i = 0; i < 100_000; i++)
            longVector.Add(i < 2 ? 4 : int.MaxValue);
        Assert.Equal(100_000, longVector.Count);
    }

    [Fact]
    public void Finish_NoIds_GivesZeros()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var encoder = new SentenceEncoder(model);
        var vector = new float[encoder.Width];
        Array.Fill(vector, 1);
        new LongLineVector(encoder, new LineLimit(2, "split")).Finish(vector);
        Assert.All(vector, value => Assert.Equal(0, value));
    }
}
