using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Layer ranges, and extraction by them.</summary>
public sealed class LayerRangeTests
{
    [Theory]
    [InlineData("encoder:0-2", ModelSide.Encoder, new[] { 0, 1, 2 })]
    [InlineData("decoder:5,3-4,5", ModelSide.Decoder, new[] { 5, 3, 4, 5 })]
    public void Parse_Range_GivesSideAndLayersInOrder(string text, ModelSide side, int[] layers)
    {
        var range = LayerRange.Parse(text);
        Assert.Equal(side, range.Side);
        Assert.Equal(layers, range.Layers);
    }

    [Theory]
    [InlineData("0-2")]
    [InlineData("embeddings:0")]
    [InlineData("encoder:")]
    [InlineData("encoder:2-0")]
    [InlineData("encoder:-1")]
    [InlineData("encoder:0-1-2")]
    [InlineData("encoder:0-99999999")]
    [InlineData("encoder:1 ,2")]
    public void Parse_NoRange_SaysWhatIsExpected(string text) => Assert.Contains("expected", Assert.Throws<FormatException>(() => LayerRange.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void TensorsOf_Layers_AreThoseLayers()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        var tensors = PartExtraction.TensorsOf(model, LayerRange.Parse("decoder:1"));
        Assert.NotEmpty(tensors);
        Assert.All(tensors, tensor => Assert.StartsWith(OpenNmtNames.DecoderLayer(1), tensor.Name, StringComparison.Ordinal));
        Assert.Equal(model.Tensors.Count(tensor => tensor.Name.StartsWith(OpenNmtNames.DecoderLayer(1), StringComparison.Ordinal)), tensors.Count);
        Assert.Contains("2 encoder layers", Assert.Throws<ArgumentException>(() => PartExtraction.TensorsOf(model, LayerRange.Parse("encoder:2"))).Message, StringComparison.Ordinal);
    }
}
