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

    /// <summary>OpenNMT-py's loader knows the names that its version 2 gave the generator in a <c>.pt</c> file only.</summary>
    [Theory]
    [InlineData("x.safetensors")]
    [InlineData("x.npz")]
    public void Run_GeneratorOfVersion2ToNamedTensors_TakesItsPresentNames(string file)
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        Assert.Contains(model.Tensors, tensor => tensor.FileName == "generator.0.weight");
        Run(folder.File(file), [model, model]);
        using var actual = Checkpoint.Open(folder.File(file));
        Assert.Equal(["/generator.bias", "/generator.weight"], actual.Tensors.Select(tensor => tensor.ObjectPath).Where(path => path.StartsWith("/generator", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
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

    /// <summary>One after the other as all at once: the same bytes, and nothing stays open.</summary>
    [Theory]
    [InlineData("base")]
    [InlineData("shared-decoder-embeddings")]
    public void Run_FilesOpenedInTurn_WritesTheSameBytesAndClosesThem(string option)
    {
        using var folder = new TemporaryFolder();
        string[] paths = [Repository.Golden(option, "model.pt"), folder.File("b.pt"), folder.File("c.pt")];
        ModelVariant.WriteNoisy(paths[0], paths[1], seed: 1);
        ModelVariant.WriteNoisy(paths[0], paths[2], seed: 2);
        var opened = new List<OpenNmtCheckpoint>();
        var inTurn = CheckpointAverage.Run(
            Openings(paths, opened), CheckpointDestination.File(folder.File("turn.pt")), new AveragingOptions { Weights = [1, 2, 4] }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(opened, file => Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].View.ToSingles()));
        using var first = OpenNmtCheckpoint.Open(paths[0]);
        using var second = OpenNmtCheckpoint.Open(paths[1]);
        using var third = OpenNmtCheckpoint.Open(paths[2]);
        var atOnce = Run(folder.File("once.pt"), [first, second, third], 1, 2, 4);
        Assert.Equal(File.ReadAllBytes(folder.File("once.pt")), File.ReadAllBytes(folder.File("turn.pt")));
        Assert.Equal((atOnce.AveragedCount, atOnce.CopiedCount), (inTurn.AveragedCount, inTurn.CopiedCount));
        Assert.NotEmpty(third.Tensors[0].View.ToSingles()); // the caller's stay open
    }

    /// <summary>What does not fit is said when all files are open: one that cannot be opened comes first. Neither leaves a file open.</summary>
    [Fact]
    public void Run_FilesOpenedInTurnThatDoNotFit_ClosesThem()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [Repository.Golden("base", "model.pt"), Repository.Golden("gated-gelu", "model.pt"), Repository.Golden("base", "model.pt")];
        var opened = new List<OpenNmtCheckpoint>();
        Assert.Throws<WeightMismatchException>(() => RunInTurn(paths));
        Assert.Equal(3, opened.Count);
        Assert.Throws<FileNotFoundException>(() => RunInTurn([.. paths, folder.File("none.pt")]));
        Assert.Equal(6, opened.Count);
        Assert.All(opened, file => Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].View.ToSingles()));
        Assert.Throws<ArgumentException>(() => RunInTurn(paths[..1]));
        Assert.Throws<ArgumentException>(() => RunInTurn(paths, 1, 2));
        Assert.Equal(6, opened.Count); // what is wrong with the call itself is said before any file is opened

        void RunInTurn(string[] paths, params double[] weights) => CheckpointAverage.Run(
            Openings(paths, opened), CheckpointDestination.File(folder.File("x.pt")), new AveragingOptions { Weights = weights }, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static List<Func<OpenNmtCheckpoint>> Openings(string[] paths, List<OpenNmtCheckpoint> opened)
    {
        return [.. paths.Select(path => (Func<OpenNmtCheckpoint>)(() => Open(path)))];

        OpenNmtCheckpoint Open(string path)
        {
            opened.Add(OpenNmtCheckpoint.Open(path));
            return opened[^1];
        }
    }

    /// <summary>A training checkpoint of something else: tensors below lists and dictionaries, one of them under two paths, and entries that are none.</summary>
    [Fact]
    public void Run_TreesThatAreNoModel_AveragesTensorsAtEveryDepthAndNamesTheRest()
    {
        using var folder = new TemporaryFolder();
        using var first = OpenNmtCheckpoint.Open(WriteTree(folder.File("a.pt"), number: 1, epoch: 3));
        using var second = OpenNmtCheckpoint.Open(WriteTree(folder.File("b.pt"), number: 5, epoch: 4));
        var report = Run(folder.File("x.pt"), [first, second], 3, 1);
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        Assert.Equal(first.Checkpoint.Tensors.Select(tensor => tensor.ObjectPath), actual.Tensors.Select(tensor => tensor.ObjectPath));
        Assert.All(actual.Tensors.Where(tensor => tensor.ObjectPath != "/state/count"), tensor => Assert.Equal([2f, 2], tensor.View.ToSingles()));
        Assert.Equal([7f], actual.Tensors.Single(tensor => tensor.ObjectPath == "/state/count").View.ToSingles());
        Assert.Same(actual.Tensors.Single(tensor => tensor.ObjectPath == "/state/layers/0").View.Storage, actual.Tensors.Single(tensor => tensor.ObjectPath == "/tied").View.Storage);
        Assert.Equal(3, ((PickleInteger)actual.Find("/epoch")!).Value);
        Assert.Equal(["epoch"], report.CopiedEntries);
        Assert.Equal((3, 1), (report.AveragedCount, report.CopiedCount));
        Assert.Equal(["state/layers/0", "tied"], Assert.Single(report.Shared));
    }

    [Fact]
    public void Run_TreesWithOtherTensors_AreRefusedByTheirPaths()
    {
        using var folder = new TemporaryFolder();
        using var first = OpenNmtCheckpoint.Open(WriteTree(folder.File("a.pt"), number: 1, epoch: 3));
        CheckpointWriter.Write(folder.File("b.pt"), CheckpointTree.Dictionary([new("other", CheckpointTree.Tensor([1], 1))]), cancellationToken: TestContext.Current.CancellationToken);
        using var second = OpenNmtCheckpoint.Open(folder.File("b.pt"));
        var exception = Assert.Throws<WeightMismatchException>(() => Run(folder.File("x.pt"), [first, second]));
        Assert.Contains("other is not in the first", exception.Message, StringComparison.Ordinal);
        Assert.Contains("state/layers/1/w is missing", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TwoTensorsOfOneName_AreRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.pt"), new OpenNmtBuilder().Tensor("encoder.layer_norm.a_2", 2).Tensor("encoder.layer_norm.weight", 2).Build());
        using var model = OpenNmtCheckpoint.Open(folder.File("a.pt"));
        Assert.Contains("2 tensors named encoder.layer_norm.weight", Assert.Throws<WeightMismatchException>(() => Run(folder.File("x.pt"), [model, model])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FilesOfNamedTensors_AveragesThemToo()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, number) in ((string, float)[])[("a.safetensors", 1), ("b.safetensors", 2)])
        {
            var tensor = CheckpointTree.Tensor([number], 1);
            CheckpointFile.Write(CheckpointDestination.File(folder.File(name)), new CheckpointContent(tensor, [new("w/x", tensor.View)], []), cancellationToken: TestContext.Current.CancellationToken);
        }

        using var first = OpenNmtCheckpoint.Open(folder.File("a.safetensors"));
        using var second = OpenNmtCheckpoint.Open(folder.File("b.safetensors"));
        Run(folder.File("x.safetensors"), [first, second]);
        using var actual = Checkpoint.Open(folder.File("x.safetensors"));
        Assert.Equal([1.5f], actual.Tensors.Single(tensor => tensor.ObjectPath == "/w~1x").View.ToSingles());
    }

    /// <summary>Tensors are found by their names, wherever these stand, in the order of the first file or in another.</summary>
    [Theory]
    [InlineData("a b c d")]
    [InlineData("a c b d")]
    [InlineData("d c b a")]
    public void Run_TensorsInAnyOrder_AveragesThoseOfOneName(string order)
    {
        using var folder = new TemporaryFolder();
        foreach (var (file, names) in ((string, string)[])[("a.pt", "a b c d"), ("b.pt", order)])
        {
            var tensors = names.Split(' ').Select(name => KeyValuePair.Create<string, PickleValue>(name, CheckpointTree.Tensor([name[0] + (file == "a.pt" ? 0f : 2)], 1)));
            CheckpointWriter.Write(folder.File(file), CheckpointTree.Dictionary([.. tensors]), cancellationToken: TestContext.Current.CancellationToken);
        }

        using var first = OpenNmtCheckpoint.Open(folder.File("a.pt"));
        using var second = OpenNmtCheckpoint.Open(folder.File("b.pt"));
        Run(folder.File("x.pt"), [first, second]);
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        Assert.Equal(["/a", "/b", "/c", "/d"], actual.Tensors.Select(tensor => tensor.ObjectPath));
        Assert.All(actual.Tensors, tensor => Assert.Equal(tensor.ObjectPath[1] + 1f, tensor.View.ToSingles()[0]));
    }

    private static string WriteTree(string path, float number, int epoch)
    {
        var tied = CheckpointTree.Tensor([number, number], 2);
        var count = CheckpointTree.Computed(Checkpoints.Tensors.DType.Int64, [1], (_, destination) => System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(destination, 7));
        var layers = CheckpointTree.List([tied, CheckpointTree.Dictionary([new("w", CheckpointTree.Tensor([number, number], 2))])]);
        CheckpointWriter.Write(path, CheckpointTree.Dictionary([
            new("epoch", CheckpointTree.Integer(epoch)), new("state", CheckpointTree.Dictionary([new("layers", layers), new("count", count)])), new("top", CheckpointTree.Tensor([number, number], 2)), new("tied", tied)]),
            cancellationToken: TestContext.Current.CancellationToken);
        return path;
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
