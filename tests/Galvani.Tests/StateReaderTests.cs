using Galvani.Tests.Models;

namespace Galvani.Tests;

/// <summary>States and attention of the sample equal OpenNMT-py's; vectors made of them are their means.</summary>
public sealed class StateReaderTests
{
    // Relative to the largest value; seen at most 2.8E-006 (AVX2 and FMA); four times that, as other instruction sets round elsewhere.
    private const double StateTolerance = 1.1e-5;

    // Seen at most 7.6E-006.
    private const double AttentionTolerance = 3e-5;

    [Fact]
    public void Read_SampleLines_EqualOpenNmt()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var (reader, scorer) = (new StateReader(model), new Scorer(model));
        for (var line = 0; line < SampleLines.Count; line++)
        {
            var source = model.Tokenize(SampleLines.Source(line));
            Assert.Equal(SampleLines.ExpectedIds(line, "source"), source.Ids.Select(id => (long)id));
            var target = scorer.TokenizeTarget(SampleLines.Target(line));
            var states = reader.Read(source, target);
            NumericAssert.CloseToLargest(SampleLines.Expected(line, "embedded"), states.Embedded, StateTolerance, $"line {line}, embedded");
            for (var layer = 0; layer < reader.LayerCount; layer++)
                NumericAssert.CloseToLargest(SampleLines.Expected(line, $"layer.{layer}"), states.Of(StateLayer.Of(layer)), StateTolerance, $"line {line}, layer {layer}");
            NumericAssert.CloseToLargest(SampleLines.Expected(line, "encoded"), states.Of(StateLayer.Last), StateTolerance, $"line {line}, encoded");
            var firstHead = states.CrossAttention[^1].AsSpan(0, states.TargetIds.Count * source.Ids.Count); // [T, S]
            NumericAssert.Close(SampleLines.Expected(line, "attention"), firstHead, AttentionTolerance, $"line {line}, attention");
            CheckDistributions(states, source.Ids.Count);
        }
    }

    [Fact]
    public void Read_LanguageModel_HasTheDecodersLayers()
    {
        using var golden = new GoldenModel("lm");
        var reader = new StateReader(golden.Model);
        var line = golden.Model.TakePieces(File.ReadLines(Repository.Golden("lm", "source.txt")).First());
        var states = reader.Read(line);
        Assert.Equal(golden.Ids(0, "source"), states.TargetIds);
        for (var layer = 0; layer < reader.LayerCount; layer++)
            NumericAssert.CloseToLargest(golden.Expected(0, $"layer.{layer}"), states.Layers[layer], StateTolerance, $"layer {layer}");
        Assert.Equal((0, 2, 0), (states.EncoderAttention.Count, states.DecoderAttention.Count, states.CrossAttention.Count));
        Assert.Equal(line.Ids.Count * states.Width, new SentenceEncoder(golden.Model, new EmbeddingOptions { Layer = StateLayer.Last }).EncodeTokens(line).Length);
        Assert.Throws<ArgumentException>(() => reader.Read(golden.Model.TakePieces("")));
    }

    [Theory]
    [InlineData("base", 0)]
    [InlineData("lm", 1)]
    public void ReadLayers_OfASentence_AreThoseOfRead(string name, int startRows)
    {
        using var golden = new GoldenModel(name);
        var reader = new StateReader(golden.Model);
        var line = golden.Model.TakePieces(File.ReadLines(Repository.Golden(name, "source.txt")).First());
        var expected = reader.Read(line);
        StateLayer[] layers = [StateLayer.Last, StateLayer.Of(1), StateLayer.Static];
        Assert.Equal(layers.Select(expected.Of), reader.ReadLayers(line, layers));
        Assert.Equal(startRows, reader.StartIds.Count);
        Assert.Equal(expected.TargetIds.Take(startRows), reader.StartIds);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadLayers(line, [StateLayer.Of(reader.LayerCount)]));
        Assert.Throws<ArgumentException>(() => reader.ReadLayers(golden.Model.TakePieces(""), layers));
    }

    [Fact]
    public void ReadParts_OfASentence_AreThePartsRowsWithoutAttention()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var reader = new StateReader(model);
        var parts = new[] { "Открыть файл", "Размер шрифта" }.Select(model.Tokenize).ToArray();
        var (first, second) = (reader.Read(parts[0]), reader.Read(parts[1]));
        var whole = reader.ReadParts(parts);
        foreach (var layer in Enumerable.Range(0, reader.LayerCount).Select(StateLayer.Of).Append(StateLayer.Static).Append(StateLayer.Last))
            Assert.Equal([.. first.Of(layer), .. second.Of(layer)], whole.Of(layer));
        Assert.Equal((0, 0, 0), (whole.EncoderAttention.Count, whole.CrossAttention.Count, whole.TargetIds.Count));
        Assert.Equal(reader.LayerCount, reader.ReadParts([parts[0]]).EncoderAttention.Count);
        Assert.Throws<ArgumentException>(() => reader.ReadParts([]));
    }

    [Fact]
    public void ReadParts_OfALanguageModel_HaveOneRowOfTheStartToken()
    {
        using var golden = new GoldenModel("lm");
        var reader = new StateReader(golden.Model);
        TokenizedLine[] parts = [golden.Model.TakePieces("▁a5 ▁a6"), golden.Model.TakePieces("▁a7")];
        var (first, second) = (reader.Read(parts[0]), reader.Read(parts[1]));
        var whole = reader.ReadParts(parts);
        Assert.Equal([.. first.TargetIds, parts[1].Ids[0]], whole.TargetIds);
        Assert.Equal([.. first.Encoded, .. second.Encoded[first.Width..]], whole.Encoded);
        Assert.Equal([.. first.Layers[1], .. second.Layers[1][first.Width..]], whole.Layers[1]);
    }

    [Theory]
    [InlineData("last")]
    [InlineData("0")]
    [InlineData("3")]
    public void Encode_WithLayer_IsTheMeanOfItsStates(string name)
    {
        Assert.True(StateLayer.TryParse(name, out var layer));
        Assert.Equal(name, layer.ToString());
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var line = model.Tokenize(SampleLines.Source(0));
        var encoder = new SentenceEncoder(model, new EmbeddingOptions { Layer = layer });
        var states = new StateReader(model).Read(line).Of(layer);
        Assert.Equal(states, encoder.EncodeTokens(line));
        Assert.Equal(Galvani.Embeddings.Pooling.Mean(states, 256), encoder.Encode(line));
        Assert.False(encoder.CanPoolIds);
        Assert.Empty(encoder.Encode(model.Tokenize(" ")));
    }

    [Fact]
    public void Create_LayerThatDoesNotExistOrWithoutPositions_IsRefused()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        Assert.Contains("4", Assert.Throws<ArgumentException>(() => new SentenceEncoder(model, new EmbeddingOptions { Layer = StateLayer.Of(4) })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SentenceEncoder(model, new EmbeddingOptions { Layer = StateLayer.Last, Parts = VectorParts.Tokens }));
        Assert.False(StateLayer.TryParse("first", out _));
        Assert.False(StateLayer.TryParse("-1", out _));
        Assert.Equal(StateLayer.Static, default);
    }

    private static void CheckDistributions(SentenceStates states, int sourceCount)
    {
        foreach (var (attention, keyCount) in states.EncoderAttention.Select(item => (item, sourceCount)).Concat(states.DecoderAttention.Select(item => (item, states.TargetIds.Count))).Concat(states.CrossAttention.Select(item => (item, sourceCount))))
            Assert.All(attention.Chunk(keyCount), row => Assert.Equal(1, row.Sum(weight => (double)weight), 1e-5));
        var (h, t) = (states.HeadCount, states.TargetIds.Count);
        for (var i = 0; i < h * t * t; i++)
        {
            if (i % t > i / t % t)
                Assert.Equal(0, states.DecoderAttention[0][i]); // nothing looks ahead
        }
    }
}
