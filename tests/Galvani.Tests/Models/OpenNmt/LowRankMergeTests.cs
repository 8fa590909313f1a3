using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Merges of low-rank adaptations: values, sharing, what does not fit.</summary>
public sealed class LowRankMergeTests
{
    private const string Query = "encoder.transformer.0.self_attn.linear_query.";
    private const int Width = 32;

    [Fact]
    public void Run_LinearAndBias_AddsTheScaledProductAndReplacesTheBias()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("attention-bias", "model.pt"));
        var (left, right) = (Numbers(Width * 2, 1), Numbers(2 * Width, 2));
        WriteAdaptation(folder.File("lora.pt"), 8, (Query + "lora_A", [2, Width], right), (Query + "lora_B", [Width, 2], left), (Query + "bias", [Width], Numbers(Width, 3)));
        using var lora = OpenNmtCheckpoint.Open(folder.File("lora.pt"));
        Assert.True(lora.IsLowRankAdaptation);
        var report = Run(model, lora, folder.File("x.pt"));
        using var merged = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var before = model.Require(Query + "weight").ToSingles();
        var expected = Enumerable.Range(0, before.Length).Select(i => (float)(before[i] + 4.0 * left[i / Width * 2] * right[i % Width] + 4.0 * left[i / Width * 2 + 1] * right[Width + i % Width]));
        Assert.Equal(expected, merged.Require(Query + "weight").ToSingles());
        Assert.Equal(Numbers(Width, 3), merged.Require(Query + "bias").ToSingles());
        Assert.Equal((8.0, 2), (report.Alpha, report.Rank));
        Assert.Equal([Query + "weight"], report.Merged);
        Assert.Equal([Query + "bias"], report.Replaced);
        Assert.Empty(report.Changes);
        Assert.Equal(2, CheckpointDiff.Run(model, merged, TestContext.Current.CancellationToken).Tensors.Count);
    }

    [Fact]
    public void Run_EmbeddingThatIsTied_TransposesTheProductAndUnties()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("shared-decoder-embeddings", "model.pt"));
        var table = model.Require(OpenNmtNames.TargetEmbedding);
        var rows = (int)table.Shape[0];
        var prefix = OpenNmtNames.TargetEmbedding[..^"weight".Length];
        var (left, right) = (Numbers(Width * 3, 4), Numbers(3 * rows, 5));
        WriteAdaptation(folder.File("lora.pt"), 3, (prefix + "lora_A", [3, rows], right), (prefix + "lora_B", [Width, 3], left));
        using var lora = OpenNmtCheckpoint.Open(folder.File("lora.pt"));
        var report = Run(model, lora, folder.File("x.pt"));
        using var merged = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var before = table.ToSingles();
        var expected = Enumerable.Range(0, before.Length).Select(i =>
        {
            var (row, column) = (i / Width, i % Width);
            double sum = before[i];
            for (var k = 0; k < 3; k++)
                sum += (double)right[k * rows + row] * left[column * 3 + k];
            return (float)sum;
        });
        Assert.Equal(expected, merged.Require(OpenNmtNames.TargetEmbedding).ToSingles());
        Assert.Equal(before, merged.Require(OpenNmtNames.GeneratorWeight).ToSingles());
        Assert.False(merged.Options.Flag("share_decoder_embeddings"));
        Assert.Contains("opt: share_decoder_embeddings True -> False", report.Changes);
        Assert.Empty(OpenNmtVerification.Check(merged));
    }

    [Fact]
    public void Run_FactorsThatDoNotFit_NamesAll()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        WriteAdaptation(
            folder.File("lora.pt"), 8, (Query + "lora_A", [2, Width + 1], Numbers(2 * (Width + 1), 1)), (Query + "lora_B", [Width, 2], Numbers(Width * 2, 1)),
            ("encoder.transformer.9.x.lora_A", [1, 1], [1]), ("encoder.transformer.9.x.lora_B", [1, 1], [1]), ("decoder.y.lora_B", [1, 1], [1]), ("unknown.bias", [1], [1]));
        using var lora = OpenNmtCheckpoint.Open(folder.File("lora.pt"));
        var exception = Assert.Throws<WeightMismatchException>(() => Run(model, lora, folder.File("x.pt")));
        foreach (var expected in (string[])["factors B [32, 2] and A [2, 33] do not fit", "encoder.transformer.9.x.weight is not in the base", "decoder.y.lora_B has no decoder.y.lora_A", "unknown.bias is not in the base"])
            Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Run_FilesInTheWrongOrder_SaysTheRightOne()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        WriteAdaptation(folder.File("lora.pt"), 8, (Query + "lora_A", [1, Width], Numbers(Width, 1)), (Query + "lora_B", [Width, 1], Numbers(Width, 1)));
        using var lora = OpenNmtCheckpoint.Open(folder.File("lora.pt"));
        Assert.Contains("expected the base first", Assert.Throws<UnsupportedCheckpointException>(() => Run(lora, model, folder.File("x.pt"))).Message, StringComparison.Ordinal);
        Assert.Contains("is no low-rank adaptation", Assert.Throws<UnsupportedCheckpointException>(() => Run(model, model, folder.File("x.pt"))).Message, StringComparison.Ordinal);
    }

    private static LowRankMergeReport Run(OpenNmtCheckpoint model, OpenNmtCheckpoint lora, string path) =>
        LowRankMerge.Run(model, lora, CheckpointDestination.File(path), cancellationToken: TestContext.Current.CancellationToken);

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private static void WriteAdaptation(string path, int alpha, params (string Name, long[] Shape, float[] Numbers)[] tensors)
    {
        var model = CheckpointTree.Dictionary(tensors.Select(tensor => KeyValuePair.Create(tensor.Name, (PickleValue)CheckpointTree.Tensor(tensor.Numbers, tensor.Shape))));
        CheckpointWriter.Write(path, CheckpointTree.Dictionary([
            new("model", model), new("generator", PickleNone.Instance), new("opt", CheckpointTree.Dictionary([new("lora_alpha", CheckpointTree.Integer(alpha))])), new("optim", PickleNone.Instance)]),
            cancellationToken: TestContext.Current.CancellationToken);
    }
}
