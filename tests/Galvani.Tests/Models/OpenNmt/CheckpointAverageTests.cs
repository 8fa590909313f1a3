using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tests;
using Galvani.Checkpoints.Writing;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Averages of checkpoints: values, sharing, what does not fit.</summary>
public sealed class CheckpointAverageTests
{
    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_ModelWithItself_IsTheModel(string option)
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Run(folder.File("x.pt"), [model, model, model]);
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        CheckpointWriter.Write(folder.File("expected.pt"), WithoutOptimizer(model), cancellationToken: TestContext.Current.CancellationToken);
        using var expected = Checkpoint.Open(folder.File("expected.pt"));
        TreeAssert.Equal(expected, actual);
    }

    [Fact]
    public void Run_TwoModelsWithThreeNamesOfOneTensor_AveragesItOnceAndKeepsItShared()
    {
        using var folder = new TemporaryFolder();
        var source = Repository.Golden("opennmt-v2", "converted-to-v3.pt");
        ModelVariant.WriteNoisy(source, folder.File("b.pt"), seed: 1);
        using var first = OpenNmtCheckpoint.Open(source);
        using var second = OpenNmtCheckpoint.Open(folder.File("b.pt"));
        var report = Run(folder.File("x.pt"), [first, second], 1, 3);
        using var actual = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        foreach (var tensor in actual.Tensors)
        {
            var (a, b) = (first.Require(tensor.Name).ToSingles(), second.Require(tensor.Name).ToSingles());
            Assert.Equal(a.Zip(b, (x, y) => (float)((x + 3.0 * y) / 4)), tensor.View.ToSingles());
        }

        var names = Assert.Single(report.Shared, shared => shared.Contains(OpenNmtNames.GeneratorWeight));
        Assert.Equal([OpenNmtNames.SourceEmbedding, OpenNmtNames.TargetEmbedding, OpenNmtNames.GeneratorWeight], names);
        Assert.All(names, name => Assert.Same(actual.Require(names[0]).Storage, actual.Require(name).Storage));
        Assert.Equal([0.25, 0.75], report.Shares);
        Assert.False(actual.Optimizer.IsPresent);
    }

    [Fact]
    public void Run_OntoAnInputFile_ReplacesItWhole()
    {
        using var folder = new TemporaryFolder();
        ModelVariant.WriteNoisy(Repository.Golden("base", "model.pt"), folder.File("a.pt"), seed: 1);
        ModelVariant.WriteNoisy(Repository.Golden("base", "model.pt"), folder.File("b.pt"), seed: 2);
        using var first = OpenNmtCheckpoint.Open(folder.File("a.pt"));
        using var second = OpenNmtCheckpoint.Open(folder.File("b.pt"));
        Run(folder.File("a.pt"), [first, second]);
        using var actual = OpenNmtCheckpoint.Open(folder.File("a.pt"));
        var name = OpenNmtNames.SourceEmbedding;
        Assert.Equal(first.Require(name).ToSingles().Zip(second.Require(name).ToSingles(), (a, b) => (float)(((double)a + b) / 2)), actual.Require(name).ToSingles());
        Assert.Equal(2, Directory.GetFiles(folder.Root).Length);
    }

    [Fact]
    public void Run_TiedInTheFirstAndNotInTheSecond_IsRefusedUnlessEqual()
    {
        using var folder = new TemporaryFolder();
        using var tied = OpenNmtCheckpoint.Open(Repository.Golden("shared-decoder-embeddings", "model.pt"));
        foreach (var (file, shift) in ((string, float)[])[("equal.pt", 0), ("other.pt", 1)])
        {
            ModelVariant.Write(Repository.Golden("shared-decoder-embeddings", "model.pt"), folder.File(file), (_, numbers) => numbers, new KeyValuePair<string, PickleValue>(
                "generator", CheckpointTree.OrderedDictionary([
                    new("weight", Shifted(tied, OpenNmtNames.GeneratorWeight, shift)), new("bias", Shifted(tied, OpenNmtNames.GeneratorBias, 0))])));
        }

        using var equal = OpenNmtCheckpoint.Open(folder.File("equal.pt"));
        Run(folder.File("x.pt"), [tied, equal]);
        using var other = OpenNmtCheckpoint.Open(folder.File("other.pt"));
        var exception = Assert.Throws<WeightMismatchException>(() => Run(folder.File("x.pt"), [tied, other]));
        Assert.Contains("generator.weight differs from ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OtherModel_NamesEverythingThatDoesNotFit()
    {
        using var first = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var second = OpenNmtCheckpoint.Open(Repository.Golden("gated-gelu", "model.pt"));
        using var third = OpenNmtCheckpoint.Open(Repository.Golden("separate-vocabularies", "model.pt"));
        var exception = Assert.Throws<WeightMismatchException>(() => Run("x.pt", [first, second, third]));
        foreach (var expected in (string[])["pos_ffn_activation_fn is GatedGelu, not Relu", "w_3.weight is not in the first", "dec_layers is 1, not 2", "vocab.tgt has other tokens", "more"])
            Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneFileOrBrokenWeights_IsRefused()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        Assert.Throws<ArgumentException>(() => Run("x.pt", [model]));
        Assert.Throws<ArgumentException>(() => Run("x.pt", [model, model], 1));
    }

    private static AveragingReport Run(string path, IReadOnlyList<OpenNmtCheckpoint> models, params double[] weights) =>
        CheckpointAverage.Run(models, CheckpointDestination.File(path), new AveragingOptions { Weights = weights }, cancellationToken: TestContext.Current.CancellationToken);

    private static PickleDictionary WithoutOptimizer(OpenNmtCheckpoint model) => CheckpointTree.Replace(
        (PickleDictionary)model.Checkpoint.Root, ObjectTree.Children(model.Checkpoint.Root).Select(entry => entry.Key == "optim" ? new("optim", PickleNone.Instance) : entry));

    private static PickleTensor Shifted(OpenNmtCheckpoint model, string name, float shift) =>
        CheckpointTree.Tensor([.. model.Require(name).ToSingles().Select(number => number + shift)], [.. model.Require(name).Shape]);
}
