using Galvani.Embeddings;

namespace Galvani.Tests;

/// <summary>Vectors of lines that come id by id: those of all ids together.</summary>
public sealed class RunningVectorTests
{
    [Theory]
    [InlineData(VectorParts.Sum)]
    [InlineData(VectorParts.Tokens)]
    public void Finish_LineOfAnyLength_GivesTheVectorOfItsIds(VectorParts parts)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        foreach (var range in (DimensionRange?[])[null, new DimensionRange(3, 17)])
        {
            var encoder = new SentenceEncoder(model, new EmbeddingOptions { Parts = parts, Dimensions = range, IsCentered = range is not null });
            var running = new RunningVector(encoder);
            var (expected, vector) = (new float[encoder.Width], new float[encoder.Width]);
            foreach (var length in (int[])[0, 1, 64, 65, 1023, 1024, 1025, 2048, 3000, 5000])
            {
                int[] ids = [.. Enumerable.Range(0, length).Select(s => s * 7919 % model.SourceVocabulary.Count)];
                foreach (var id in ids)
                    running.Add(id);
                Assert.Equal(length, running.Count);
                running.Finish(vector);
                encoder.Encode(ids, expected);
                Assert.Equal(expected, vector);
            }
        }
    }

    [Fact]
    public void Finish_LineOfText_GivesItsVector()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var encoder = new SentenceEncoder(model, new EmbeddingOptions { Parts = VectorParts.Tokens });
        var running = new RunningVector(encoder);
        var text = File.ReadAllText(Repository.Sample("test.ru")).Replace('\n', ' ') + "\u16A0\u16A1\uFDFA";
        model.TokenizeTo(System.Text.Encoding.UTF8.GetBytes(text), running, TestContext.Current.CancellationToken);
        var vector = new float[encoder.Width];
        running.Finish(vector);
        Assert.Equal(encoder.Encode(text), vector);
    }

    [Fact]
    public void Finish_IdsThatDoNotFit_AreRefused()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var encoder = new SentenceEncoder(model);
        Assert.Throws<ArgumentException>(() => Finish(encoder, [8008], encoder.Width));
        Assert.Throws<ArgumentException>(() => Finish(encoder, [8008, .. new int[3000]], encoder.Width));
        Assert.Throws<ArgumentException>(() => Finish(encoder, [1], encoder.Width - 1));
        Assert.Throws<ArgumentException>(() => Finish(encoder, new int[5001], encoder.Width));
        Assert.Throws<InvalidOperationException>(() => new RunningVector(new SentenceEncoder(model, new EmbeddingOptions { Parts = VectorParts.Positions })));
    }

    private static void Finish(SentenceEncoder encoder, int[] ids, int width)
    {
        var running = new RunningVector(encoder);
        foreach (var id in ids)
            running.Add(id);
        running.Finish(new float[width]);
    }
}
