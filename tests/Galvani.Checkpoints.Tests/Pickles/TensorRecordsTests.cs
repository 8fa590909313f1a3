using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using static Galvani.Checkpoints.Tests.HostileFile;

namespace Galvani.Checkpoints.Tests.Pickles;

/// <summary>Tensors that a pickle describes: unusual ones open, impossible ones are refused by their bounds.</summary>
public sealed class TensorRecordsTests
{
    private static readonly byte[] SixFloats = [.. Enumerable.Range(0, 6).SelectMany(value => BitConverter.GetBytes((float)value))];

    public static TheoryData<long, long[], long[]> Outside => new()
    {
        { 0, [7], [1] },
        { 1, [6], [1] },
        { 6, [1], [1] },
        { 0, [2, 3], [4, 1] },
        { 0, [2], [long.MaxValue] },
        { long.MaxValue, [1], [1] },
        { 0, [1L << 40, 1L << 40], [0, 0] },
        { 0, [long.MaxValue], [0] },
        { -1, [1], [1] },
        { 0, [-1], [1] },
        { 0, [2], [-1] },
        { 0, [2, 3], [1] },
    };

    /// <summary>Tensors of the same sizes share them; those that differ in any place have their own.</summary>
    [Fact]
    public void Open_TensorsOfManyShapes_EachHasItsOwn()
    {
        (long[] Shape, long[] Strides)[] tensors =
            [([6], [1]), ([6], [1]), ([5], [1]), ([2, 3], [3, 1]), ([2, 3], [3, 1]), ([2, 2], [3, 1]), ([1, 2], [1, 3]), ([2, 2], [1, 3]), ([], []), ([2, 1, 3], [3, 3, 1]), ([2, 1, 2], [3, 3, 1]), ([2, 3], [0, 2]), ([6], [1])];
        Open(
            pickle =>
            {
                pickle.Op("](");
                foreach (var (shape, strides) in tensors)
                    pickle.Tensor("0", 6, 0, shape, strides);
                pickle.Op('e');
            },
            checkpoint => Assert.All(tensors.Zip(checkpoint.Tensors), pair =>
            {
                Assert.Equal(pair.First.Shape, pair.Second.View.Shape);
                Assert.Equal(pair.First.Strides, pair.Second.View.Strides);
            }),
            SixFloats);
    }

    /// <summary>A tensor of a class of its own, or with attributes of its own: the tensor is read; where an attribute is a tensor, too, the call stays what it is.</summary>
    [Theory]
    [InlineData("}", 1)]
    [InlineData("N", 1)]
    [InlineData("}N\u0086", 1)]
    [InlineData("]", 0)]
    public void Open_TensorOfAClass_IsTheTensor(string state, int tensorCount) => Open(
        pickle => pickle.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._utils", "_rebuild_tensor_v2").Global("torch", "Tensor").Op('(').Storage("0", "FloatStorage", 6)
            .Long(0).Tuple(2, 3).Tuple(3, 1).Bytes(0x89).Global("collections", "OrderedDict").Op(")Rt").Op(state).Op("tR"),
        checkpoint =>
        {
            Assert.Equal(tensorCount, checkpoint.Tensors.Count);
            Assert.Equal(1 - tensorCount, checkpoint.Findings.Count);
            if (tensorCount == 1)
                Assert.Equal([2L, 3], checkpoint.Tensors[0].View.Shape);
        },
        SixFloats);

    /// <summary>Marks of tensors whose signs torch leaves undone: the numbers are those that are meant; the tensors still share them.</summary>
    [Theory]
    [InlineData("FloatStorage", 6, "neg", new[] { -0f, -1, -2, -3, -4, -5 })]
    [InlineData("ComplexFloatStorage", 3, "conj", new[] { 0f, -1, 2, -3, 4, -5 })]
    [InlineData("ComplexFloatStorage", 3, "neg", new[] { -0f, -1, -2, -3, -4, -5 })]
    [InlineData("ComplexFloatStorage", 3, "conj neg", new[] { -0f, 1, -2, 3, -4, 5 })]
    public void Open_SignsLeftUndone_AreTurned(string type, int count, string marks, float[] expected) => Open(
        pickle => Marked(Marked(pickle.Op("]("), type, count, marks), type, count, marks).Op('e'),
        checkpoint =>
        {
            var view = checkpoint.Tensors[0].View;
            var bytes = new byte[24];
            view.CopyElements(bytes);
            Assert.Equal(expected.SelectMany(BitConverter.GetBytes), bytes);
            Assert.Equal(bytes.AsSpan(8, 8), view.Storage.ReadBytes(8, 8));
            Assert.True(view.IsSameViewAs(checkpoint.Tensors[1].View));
        },
        SixFloats);

    [Theory]
    [InlineData("FloatStorage", "conj", "}", "float32")]
    [InlineData("IntStorage", "neg", "}", "int32")]
    [InlineData("FloatStorage", "neg", "]", "no dictionary")]
    public void Open_SignsThatCannotBeTurned_AreRefused(string type, string marks, string dictionary, string expected) =>
        Assert.Contains(expected, FailPickle(pickle => Marked(pickle, type, 6, marks, dictionary), SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_MarkThatIsFalse_IsRefused() => // torch takes any value for true
        Assert.Contains("neg", FailPickle(pickle => Marked(pickle, "FloatStorage", 6, "neg", value: 0x89), SixFloats).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Outside))]
    public void Open_ViewOutsideItsStorage_IsRefused(long offset, long[] shape, long[] strides) =>
        Assert.NotNull(FailPickle(pickle => pickle.Tensor("0", 6, offset, shape, strides), SixFloats).ByteOffset);

    [Fact]
    public void Open_ExpandedView_NamesTheLimit() =>
        Assert.Contains("(LogicalRatio)", FailPickle(pickle => pickle.Tensor("0", 6, 0, [1L << 30], [0]), SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_ManyExpandedViews_NameTheLimit() => Assert.Contains("(LogicalRatio)", FailPickle(
        pickle =>
        {
            pickle.Op("](");
            for (var i = 0; i < 20; i++)
                pickle.Tensor("0", 6, 0, [1 << 20], [0]);
            pickle.Op('e');
        },
        SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_TooManyDimensions_NamesTheLimit() =>
        Assert.Contains("(Rank)", FailPickle(pickle => pickle.Tensor("0", 6, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)]), SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_StorageMissing_IsNamed() =>
        Assert.Contains("no entry archive/data/9", FailPickle(pickle => pickle.Tensor("9", 6, 0, [6], [1]), SixFloats).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(7)]
    [InlineData(5)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Open_StorageOfAnotherLength_IsRefused(long count) => FailPickle(pickle => pickle.Tensor("0", count, 0, [1], [1]), SixFloats);

    [Fact]
    public void Open_StorageOfUnknownClass_IsNamed() =>
        Assert.Contains("SillyStorage", FailPickle(pickle => pickle.Tensor("0", 6, 0, [6], [1], "SillyStorage"), SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_StorageOfTwoTypes_IsRefused() =>
        Assert.Contains("before", FailPickle(pickle => pickle.Tensor("0", 6, 0, [6], [1]).Op('0').Tensor("0", 6, 0, [6], [1], "IntStorage"), SixFloats).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_TensorWithoutStorage_IsRefused() =>
        FailPickle(pickle => pickle.Global("torch._utils", "_rebuild_tensor_v2").Op("(N").Long(0).Tuple(1).Tuple(1).Op("NNtR"), SixFloats);

    /// <summary>The path of the root is a slash: what stands under an empty key has another.</summary>
    [Fact]
    public void Open_TensorUnderAnEmptyKey_IsFoundByItsPath() => Open(
        pickle => pickle.Op("}(").Text("").Op("}").Text("").Tensor("0", 6, 0, [2, 3], [3, 1]).Op('s').Text("~2").Tensor("0", 6, 0, [6], [1]).Op('u'),
        checkpoint =>
        {
            Assert.Equal(["/~2/~2", "/~02"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
            Assert.All(checkpoint.Tensors, tensor => Assert.Same(tensor.View, Assert.IsType<PickleTensor>(checkpoint.Find(tensor.ObjectPath)).View));
            Assert.Same(checkpoint.Root, checkpoint.Find("/"));
        },
        SixFloats);

    [Fact]
    public void Open_SharedTensor_IsListedUnderEachPath() => Open(
        pickle => pickle.Op("}(").Text("a/b").Tensor("0", 6, 0, [2, 3], [3, 1]).Put(1).Text("c").Op("](").Get(1).Get(1).Op("eu"),
        checkpoint =>
        {
            Assert.Equal(["/a~1b", "/c/0", "/c/1"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
            Assert.Single(checkpoint.Tensors.Select(tensor => tensor.View).Distinct());
            Assert.Same(checkpoint.Tensors[0].View, ((PickleTensor)checkpoint.Find("/a~1b")!).View);
            Assert.Equal([0f, 1, 2, 3, 4, 5], checkpoint.Tensors[0].View.ToSingles());
        },
        SixFloats);

    [Fact]
    public void Open_SharedContainer_IsListedUnderEachPath() => Open(
        pickle => pickle.Op("}(").Text("a").Op("](").Tensor("0", 6, 0, [6], [1]).Op('e').Put(1).Text("b").Get(1).Op('u'),
        checkpoint => Assert.Equal(["/a/0", "/b/0"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath)),
        SixFloats);

    [Fact]
    public void Open_CycleWithTensors_IsListedOnce() => Open(
        pickle => pickle.Op("}").Put(0).Op('(').Text("self").Get(0).Text("weight").Tensor("0", 6, 0, [6], [1]).Op('u'),
        checkpoint => Assert.Equal(["/weight"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath)),
        SixFloats);

    [Fact]
    public void Open_NewerTypes_AreReadFromOneUntypedStorage() => Open(
        pickle =>
        {
            pickle.Op("](");
            foreach (var type in new[] { "float8_e4m3fn", "uint16", "float32", "qint8" })
            {
                pickle.Global("torch._utils", "_rebuild_tensor_v3").Op('(').Op('(').Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Long(24).Op("tQ")
                    .Long(0).Tuple(6).Tuple(1).Bytes(0x89).Global("collections", "OrderedDict").Op(")R").Global("torch", type).Op("tR");
            }

            pickle.Op('e');
        },
        checkpoint =>
        {
            Assert.Equal([DType.Float8E4M3Fn, DType.UInt16, DType.Float32, DType.QInt8], checkpoint.Tensors.Select(tensor => tensor.View.DType));
            Assert.Equal([0f, 0, 0, 0, 0, 0], checkpoint.Tensors[0].View.ToSingles());
            Assert.Equal([0f, 0, 0, 0x3F80, 0, 0x4000], checkpoint.Tensors[1].View.ToSingles());
            Assert.Contains("qint8", Assert.Throws<UnsupportedCheckpointException>(() => checkpoint.Tensors[3].View.ToSingles()).Message, StringComparison.Ordinal);
            Assert.Equal([0f, 1, 2, 3, 4, 5], checkpoint.Tensors[2].View.ToSingles());
            Assert.Empty(checkpoint.Findings);
        },
        SixFloats);

    /// <summary>Of a release of torch that is newer than what is known here, or of none.</summary>
    [Theory]
    [InlineData("float2_e1m0")]
    [InlineData("FloatStorage")]
    public void Open_TypeThatIsNotKnown_IsRefusedByName(string type)
    {
        var exception = Assert.Throws<CheckpointFormatException>(() => Open(
            pickle => pickle.Global("torch._utils", "_rebuild_tensor_v3").Op('(').Op('(').Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Long(24).Op("tQ")
                .Long(0).Tuple(6).Tuple(1).Bytes(0x89).Global("collections", "OrderedDict").Op(")R").Global("torch", type).Op("tR"),
            _ => { },
            SixFloats));
        Assert.Contains($"torch.{type}, which is no known element type", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SparseTensor_IsAnInertRecordWithItsParts() => Open(
        pickle => pickle.Global("torch._utils", "_rebuild_sparse_tensor").Global("torch.serialization", "_get_layout").Text("torch.sparse_coo").Bytes(0x85).Op('R')
            .Op('(').Tensor("0", 6, 0, [6], [1]).Op('t').Bytes(0x86).Op('R'),
        checkpoint =>
        {
            Assert.Equal("torch._utils._rebuild_sparse_tensor", ((PickleObject)checkpoint.Root).Global);
            Assert.Equal(["/arguments/1/0"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
            Assert.Empty(checkpoint.Findings);
        },
        SixFloats);

    /// <summary>A tensor of one dimension with marks behind its hooks.</summary>
    private static RawPickle Marked(RawPickle pickle, string type, int count, string marks, string dictionary = "}", byte value = 0x88)
    {
        pickle.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", type, count).Long(0).Tuple(count).Tuple(1).Bytes(0x89).Global("collections", "OrderedDict").Op(")R").Op(dictionary);
        foreach (var mark in dictionary == "}" ? marks.Split(' ') : [])
            pickle.Text(mark).Bytes(value).Op('s');
        return pickle.Op("tR");
    }
}
