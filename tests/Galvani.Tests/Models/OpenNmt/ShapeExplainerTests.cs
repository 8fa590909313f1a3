using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>No dimension of any tensor stays unknown.</summary>
public sealed class ShapeExplainerTests
{
    public static TheoryData<string> Files =>
    [
        .. Repository.GoldenOptions.Select(option => Repository.Golden(option, "model.pt")),
        Repository.Golden("opennmt-v2", "model.pt"), Repository.Golden("opennmt-v2", "converted-to-v3.pt"), Repository.Sample("model.pt"),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Explain_EveryTensor_LeavesNoDimensionUnknown(string path)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(path);
        var explainer = new ShapeExplainer(checkpoint);
        Assert.NotEmpty(checkpoint.Tensors);
        foreach (var tensor in checkpoint.Tensors)
        {
            var explanation = explainer.Explain(tensor);
            Assert.True(explanation.PaperName.Length > 0, tensor.Name);
            Assert.Equal(tensor.View.Shape, explanation.Dimensions.Select(dimension => dimension.Size));
            Assert.All(explanation.Dimensions, dimension =>
            {
                Assert.True(dimension.Meaning != TensorExplanation.Unknown, tensor.Name);
                Assert.True(dimension.Origin.Length > 0, tensor.Name);
            });
        }
    }

    [Fact]
    public void Explain_PositionalTable_NamesPositionsBatchAndWidth()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        var explanation = new ShapeExplainer(checkpoint).Explain(checkpoint.Find(OpenNmtNames.SourcePositions)!);
        Assert.Equal([5000L, 1L, 256L], explanation.Dimensions.Select(dimension => dimension.Size));
        Assert.Contains("positions", explanation.Dimensions[0].Meaning, StringComparison.Ordinal);
        Assert.Contains("batch", explanation.Dimensions[1].Meaning, StringComparison.Ordinal);
        Assert.Contains("word_vec_size", explanation.Dimensions[2].Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Embedding_NamesTheOptionOfItsWidthWithItsValue()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        var explanation = new ShapeExplainer(checkpoint).Explain(checkpoint.Find(OpenNmtNames.SourceEmbedding)!);
        Assert.StartsWith("src_word_vec_size 256 ", explanation.Dimensions[1].Origin, StringComparison.Ordinal);
    }
}
