using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
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

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1e39)]
    public void Run_AlphaThatIsNoNumberOfFloat32_IsRefused(double alpha)
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var lora = Adaptation(folder, CheckpointTree.Tensor(Numbers(2 * Width, 1), [2, Width]));
        var exception = Assert.Throws<ArgumentException>(() =>
            LowRankMerge.Run(model, lora, CheckpointDestination.File(folder.File("x.pt")), new LowRankMergeOptions { Alpha = alpha }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("expected a finite number of float32", exception.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Run_RecordedAlphaThatIsNoNumber_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var lora = Adaptation(folder, CheckpointTree.Tensor(Numbers(2 * Width, 1), [2, Width]), alpha: new PickleFloat(double.NaN));
        Assert.Contains("records lora_alpha NaN", Assert.Throws<UnsupportedCheckpointException>(() => Run(model, lora, folder.File("x.pt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FactorsThatAreNoFiniteNumbers_NamesThem()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        var numbers = Numbers(2 * Width, 1);
        numbers[^1] = float.NaN;
        using (var lora = Adaptation(folder, CheckpointTree.Tensor(numbers, [2, Width])))
            AssertRefused(model, lora, folder, $"factor A of {Query}weight has numbers that are infinite or NaN");
        using (var lora = Adaptation(folder, Bytes([2, Width])))
            AssertRefused(model, lora, folder, $"factor A of {Query}weight is int8, expected floating-point numbers");
    }

    [Fact]
    public void Run_MatrixAsAWholeAndAsFactors_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var lora = Adaptation(folder, CheckpointTree.Tensor(Numbers(2 * Width, 1), [2, Width]), (Query + "weight", CheckpointTree.Tensor(Numbers(Width * Width, 2), [Width, Width])));
        AssertRefused(model, lora, folder, $"{Query}weight is there as a whole and as factors");
    }

    [Fact]
    public void Run_BiasOfWholeNumbers_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("attention-bias", "model.pt"));
        using var lora = Adaptation(folder, CheckpointTree.Tensor(Numbers(2 * Width, 1), [2, Width]), (Query + "bias", Bytes([Width])));
        AssertRefused(model, lora, folder, $"{Query}bias is int8, the base's float32");
    }

    [Fact]
    public void Run_SumsBeyondTheTypesRange_AreCounted()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        var right = new float[2 * Width];
        right[3] = 3e38f; // one column of the product is beyond float32
        using var lora = Adaptation(folder, CheckpointTree.Tensor(right, [2, Width]), left: Enumerable.Repeat(2f, 2 * Width).ToArray());
        var report = Run(model, lora, folder.File("x.pt"));
        Assert.Equal([new CastOverflow(Query + "weight", Width)], report.Overflows);
    }

    private static void AssertRefused(OpenNmtCheckpoint model, OpenNmtCheckpoint lora, TemporaryFolder folder, string expected)
    {
        Assert.Contains(expected, Assert.Throws<WeightMismatchException>(() => Run(model, lora, folder.File("x.pt"))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.pt")));
    }

    private static PickleTensor Bytes(long[] shape) => CheckpointTree.Computed(DType.Int8, shape, (_, destination) => destination.Fill(1));

    /// <summary>An adaptation of one matrix, of rank 2 and alpha 4.</summary>
    private static OpenNmtCheckpoint Adaptation(TemporaryFolder folder, PickleTensor right, (string Name, PickleTensor Tensor)? more = null, float[]? left = null, PickleValue? alpha = null)
    {
        var tensors = new List<KeyValuePair<string, PickleValue>> { new(Query + "lora_A", right), new(Query + "lora_B", CheckpointTree.Tensor(left ?? Numbers(Width * 2, 4), [Width, 2])) };
        if (more is { } tensor)
            tensors.Add(new(tensor.Name, tensor.Tensor));
        Write(folder.File("lora.pt"), CheckpointTree.Dictionary(tensors), alpha ?? CheckpointTree.Integer(4));
        return OpenNmtCheckpoint.Open(folder.File("lora.pt"));
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
        Write(path, model, CheckpointTree.Integer(alpha));
    }

    private static void Write(string path, PickleValue model, PickleValue alpha) => CheckpointWriter.Write(
        path,
        CheckpointTree.Dictionary([new("model", model), new("generator", PickleNone.Instance), new("opt", CheckpointTree.Dictionary([new("lora_alpha", alpha)])), new("optim", PickleNone.Instance)]),
        cancellationToken: TestContext.Current.CancellationToken);
}
