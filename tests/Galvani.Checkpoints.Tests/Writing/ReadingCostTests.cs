using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>What is written can be read: the writer knows what the reader will be charged with, and refuses to write more.</summary>
public sealed class ReadingCostTests
{
    private const int Count = 2000;

    public static TheoryData<string> Kinds => [.. Trees.Keys];

    private static Dictionary<string, Func<PickleValue>> Trees { get; } = new()
    {
        ["texts"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => CheckpointTree.Text($"текст {i}"))),
        ["one text many times"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => CheckpointTree.Text("a"))),
        ["numbers"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => CheckpointTree.Integer(i * 1_000_000_000L))),
        ["numbers beyond 64 bits"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleInteger(System.Numerics.BigInteger.Pow(10, 30) + i))),
        ["doubles"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleFloat(i))),
        ["bytes"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleBytes(BitConverter.GetBytes(i)))),
        ["entries"] = () => CheckpointTree.Dictionary(Enumerable.Range(0, Count).Select(i => KeyValuePair.Create($"k{i}", (PickleValue)CheckpointTree.Integer(i)))),
        ["attributes"] = () => CheckpointTree.Namespace(Enumerable.Range(0, Count).Select(i => KeyValuePair.Create($"k{i}", (PickleValue)PickleNone.Instance))),
        ["dictionaries"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => CheckpointTree.Dictionary([]))),
        ["ordered dictionaries"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => CheckpointTree.OrderedDictionary([]))),
        ["lists"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => CheckpointTree.List([PickleNone.Instance]))),
        ["pairs"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleTuple([CheckpointTree.Integer(i), PickleNone.Instance]))),
        ["objects"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => new PickleObject("torch.device", [CheckpointTree.Text("cpu")]))),
        ["arrays of bytes"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleBytes(BitConverter.GetBytes(i), PickleBytes.ByteArray))),
        ["default dictionaries"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(_ => new PickleDictionary(PickleGlobals.DefaultDict) { DefaultFactory = new PickleGlobal("builtins.list") })),
        ["names in classes"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleGlobal($"module.Outer.Inner{i}", "module".Length))),
        ["numpy's numbers"] = () => CheckpointTree.List(Enumerable.Range(0, Count).Select(i => new PickleFloat(i) { NumpyScalar = NumpyScalarOf(i) })),
        ["tensors with attributes"] = () => Tensors(i => new PickleTensor(CheckpointTree.Tensor([i], 1).View.WithWrapper(
            new TensorWrapper(new PickleGlobal("torch._tensor._rebuild_from_type_v2"), new PickleGlobal("torch.Tensor"), CheckpointTree.Dictionary([new("tag", CheckpointTree.Integer(i))]))))),
        ["tensors"] = () => Tensors(i => CheckpointTree.Tensor([i], 1)),
        ["matrices"] = () => Tensors(i => CheckpointTree.Tensor(new float[600], 2, 300)),
        ["one tensor at many places"] = () =>
        {
            var tensor = CheckpointTree.Tensor([1], 1);
            return Tensors(_ => tensor);
        },
        ["tensors deep below"] = () => CheckpointTree.Dictionary([new(new string('k', 500), CheckpointTree.List(Enumerable.Range(0, Count).Select(i => CheckpointTree.Tensor([i], 1))))]),
    };

    /// <summary>Not less than what reading is charged with, and hardly more.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bytes_EveryKindOfTree_AreThoseThatReadingIsChargedWith(string kind)
    {
        using var pickle = new MemoryStream();
        var writer = new PickleWriter(pickle, CheckpointLimits.Default);
        writer.Write(Trees[kind]());
        using var file = new MemoryStream();
        CheckpointWriter.Write(file, Trees[kind](), cancellationToken: TestContext.Current.CancellationToken);
        var charged = Charged(file.ToArray());
        Assert.InRange(writer.Cost.Bytes, charged, charged * 1.35);
    }

    [Theory]
    [InlineData("containers/tree.pt")]
    [InlineData("containers/state-dict.pt")]
    [InlineData("containers/whole-module.pt")]
    [InlineData("base/model.pt")]
    public void Bytes_FilesOfTorchWrittenAnew_AreAtLeastThoseThatReadingIsChargedWith(string name)
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden(name));
        using var pickle = new MemoryStream();
        var writer = new PickleWriter(pickle, CheckpointLimits.Default);
        writer.Write(checkpoint.Root);
        using var file = new MemoryStream();
        CheckpointWriter.Write(file, checkpoint.Root, cancellationToken: TestContext.Current.CancellationToken);
        var charged = Charged(file.ToArray());
        Assert.InRange(writer.Cost.Bytes, charged, charged * 1.5);
    }

    [Fact]
    public void Named_TensorsOfSafetensors_AreChargedTheSame()
    {
        var tensors = Enumerable.Range(0, Count).Select(i => KeyValuePair.Create($"layer/{i}", CheckpointTree.Tensor([i], 1).View)).ToList();
        using var file = new MemoryStream();
        SafetensorsWriter.Write(file, tensors, CheckpointLimits.Default, progress: null, TestContext.Current.CancellationToken);
        var cost = new ReadingCost();
        foreach (var (name, view) in tensors)
            cost.Named(name, view.Rank);
        var charged = Charged(file.ToArray());
        Assert.InRange(cost.Bytes, charged - 2000, charged + 1100); // of the file the metadata comes on top
    }

    /// <summary>A tree without weights that took its room from other bytes of the file it was read from.</summary>
    [Fact]
    public void Write_TreeThatCouldNotBeRead_IsRefusedAndNothingIsWritten()
    {
        using var folder = new TemporaryFolder();
        var tree = CheckpointTree.List(Enumerable.Range(0, 400_000).Select(_ => CheckpointTree.Dictionary([])));
        var error = Assert.Throws<UnsupportedCheckpointException>(() => CheckpointWriter.Write(folder.File("x.pt"), tree, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("the limit (MemoryRatio) of 4 times the file and 64 MiB", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
        var content = new CheckpointContent(tree, [], []);
        var limits = CheckpointLimits.Default with { MemoryRatio = 40 };
        CheckpointFile.Write(CheckpointDestination.File(folder.File("x.pt")).Within(limits), content, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(folder.File("x.pt")));
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"), limits);
        Assert.Equal(400_000, ((PickleList)checkpoint.Root).Items.Count);
    }

    [Fact]
    public void Write_SafetensorsThatCouldNotBeRead_AreRefused()
    {
        using var folder = new TemporaryFolder();
        var tensors = Enumerable.Range(0, 90_000).Select(i => KeyValuePair.Create($"t{i}", CheckpointTree.Tensor([i], 1).View)).ToList();
        var content = new CheckpointContent(PickleNone.Instance, tensors, []);
        var error = Assert.Throws<UnsupportedCheckpointException>(
            () => CheckpointFile.Write(CheckpointDestination.File(folder.File("x.safetensors")), content, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("(MemoryRatio)", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    private static PickleObject NumpyScalarOf(double number)
    {
        var type = new PickleObject("numpy.dtype", [CheckpointTree.Text("f8"), PickleBool.False, PickleBool.True])
        {
            State = new PickleTuple([CheckpointTree.Integer(3), CheckpointTree.Text("<"), PickleNone.Instance, PickleNone.Instance, PickleNone.Instance, CheckpointTree.Integer(-1), CheckpointTree.Integer(-1), CheckpointTree.Integer(0)]),
        };
        return new PickleObject("numpy.core.multiarray.scalar", [type, new PickleBytes(BitConverter.GetBytes(number))]);
    }

    private static PickleDictionary Tensors(Func<int, PickleTensor> tensor) =>
        CheckpointTree.Dictionary(Enumerable.Range(0, Count).Select(i => KeyValuePair.Create($"t/{i}", (PickleValue)tensor(i))));

    /// <summary>The memory that the reader counts for a file.</summary>
    private static long Charged(byte[] file) => HostileFile.With(file, path =>
    {
        using var memory = MappedMemory.Open(path);
        var runner = new PickleRunner(path, memory.Length, CheckpointLimits.Default, []);
        var content = ContainerReader.Read(memory, runner);
        new TensorLister(CheckpointLimits.Default, runner.Budget, memory.Length, path, entry: null).List(content.Root);
        return runner.Budget.TreeBytes;
    });
}
