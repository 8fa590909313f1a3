using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Parts cut out of checkpoints.</summary>
public sealed class PartExtractionTests
{
    [Theory]
    [InlineData("embeddings", 2)]
    [InlineData("generator", 2)]
    public void TensorsOf_PartOfTheSample_AreItsTensors(string part, int expected)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        Assert.Equal(expected, PartExtraction.TensorsOf(checkpoint, part).Count);
    }

    [Fact]
    public void TensorsOf_EveryTensor_IsInOnePart()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        var names = (string[])["encoder", "decoder", "generator"];
        Assert.Equal(checkpoint.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), names.SelectMany(part => PartExtraction.TensorsOf(checkpoint, part)).Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TensorsOf_UnknownPartOrNone_IsRefused()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("lm", "model.pt"));
        Assert.Contains("embeddings, encoder, decoder, generator", Assert.Throws<ArgumentException>(() => PartExtraction.TensorsOf(checkpoint, "middle")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PartExtraction.TensorsOf(checkpoint, "encoder"));
    }

    [Fact]
    public void Build_Embeddings_KeepsNumbersOptionsVocabularyAndTheMark()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        var tree = PartExtraction.Build(checkpoint, PartExtraction.TensorsOf(checkpoint, "embeddings"), "embeddings", positionCount: 10, name => name, out var report);
        CheckpointWriter.Write(folder.File("small.pt"), tree.Root, cancellationToken: TestContext.Current.CancellationToken);
        using var small = OpenNmtCheckpoint.Open(folder.File("small.pt"));
        Assert.Equal("embeddings", small.Part!.Part);
        Assert.Equal(checkpoint.Vocabularies!.Source, small.Vocabularies!.Source);
        Assert.Equal(checkpoint.Options.All.Count, small.Options.All.Count);
        Assert.Equal(checkpoint.Require(OpenNmtNames.SourceEmbedding).ToSingles(), small.Require(OpenNmtNames.SourceEmbedding).ToSingles());
        Assert.Equal([10L, 1L, 32L], small.Require(OpenNmtNames.SourcePositions).Shape);
        Assert.Equal(checkpoint.Require(OpenNmtNames.SourcePositions).ToSingles()[..320], small.Require(OpenNmtNames.SourcePositions).ToSingles());
        Assert.Empty(OpenNmtVerification.Check(small));
        Assert.Equal(2, report.TensorNames.Count);
    }

    [Fact]
    public void Build_TwoTensorsOfOneName_IsRefused()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        Assert.Throws<ArgumentException>(() => PartExtraction.Build(checkpoint, checkpoint.Tensors, part: null, positionCount: null, _ => "same", out _));
    }

    [Fact]
    public void Build_FileWhoseRootIsAList_TakesItsTensors()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(RawPickle.Of(raw => raw.Op("]").Tensor("0", 4, 0, [4], [1]).Op("a")), new byte[16]).Build());
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var tensors = checkpoint.Checkpoint.Tensors.Select(tensor => new OpenNmtTensor(tensor.ObjectPath, tensor.ObjectPath, tensor.ObjectPath, tensor.View)).ToList();
        PartExtraction.Build(checkpoint, tensors, part: null, positionCount: null, name => name, out var report);
        Assert.Equal(["/0"], report.TensorNames);
    }

    [Fact]
    public void WriteText_SourceEmbedding_HasTokenAndNumbersWithSixDecimals()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var stream = new MemoryStream();
        PartExtraction.WriteText(checkpoint, stream, TestContext.Current.CancellationToken);
        var lines = Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
        Assert.Equal(checkpoint.Vocabularies!.Source!.Count, lines.Length);
        var table = checkpoint.Require(OpenNmtNames.SourceEmbedding).ToSingles();
        Assert.Equal($"{checkpoint.Vocabularies.Source[5]} {string.Join(' ', table[160..192].Select(value => value.ToString("F6", CultureInfo.InvariantCulture)))}", lines[5]);
    }
}
