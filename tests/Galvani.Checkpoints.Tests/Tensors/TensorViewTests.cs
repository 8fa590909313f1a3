using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Tensors;

/// <summary>Views of any strides read what element-by-element arithmetic says.</summary>
public sealed class TensorViewTests
{
    public static TheoryData<long[], long[], long> Views => new()
    {
        { [5, 4, 3], [12, 3, 1], 0 },
        { [3, 4, 5], [1, 3, 12], 0 },
        { [3, 4], [0, 1], 7 },
        { [4, 3], [1, 0], 7 },
        { [2, 2], [0, 0], 59 },
        { [10, 2], [5, 2], 3 },
        { [60], [1], 0 },
        { [20], [3], 0 },
        { [1, 20, 1], [999, 3, 999], 1 },
        { [4, 0, 2], [1, 1, 1], 0 },
        { [], [], 11 },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void CopyTo_AnyStrides_ReadsWhatTheStridesSay(long[] shape, long[] strides, long offset)
    {
        var view = Make(shape, strides, offset);
        var expected = Enumerable.Range(0, (int)view.ElementCount).Select(index => Twin(view, index)).ToArray();
        Assert.Equal(expected, view.ToSingles());
        for (var first = 0; first <= expected.Length; first++)
        {
            var part = new float[Math.Min(7, expected.Length - first)];
            view.CopyTo(part, first);
            Assert.Equal(expected[first..(first + part.Length)], part);
            var elements = new TensorElement[part.Length];
            view.ReadElements(elements, first);
            Assert.Equal(part, elements.Select(element => (float)element.Real));
        }
    }

    [Theory]
    [MemberData(nameof(Views))]
    public void ReadRow_AnyStrides_IsTheRow(long[] shape, long[] strides, long offset)
    {
        var view = Make(shape, strides, offset);
        if (view.Rank == 0)
        {
            Assert.Throws<ArgumentException>(() => view.ReadRow(0, new float[1]));
            return;
        }

        var all = view.ToSingles();
        var row = new float[all.Length / shape[0]];
        for (var i = 0; i < shape[0]; i++)
        {
            view.ReadRow(i, row);
            Assert.Equal(all[(i * row.Length)..((i + 1) * row.Length)], row);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => view.ReadRow(shape[0], row));
    }

    /// <summary>Few and many dimensions, short and long last ones, neighbours that join and that do not, dimensions of size 1, strides of 0 and of more than the rest.</summary>
    [Theory]
    [InlineData(DType.UInt8)]
    [InlineData(DType.Int16)]
    [InlineData(DType.Float32)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Complex128)]
    public void CopyElements_RandomViewsAndRanges_AreTheElementsOneByOne(DType type)
    {
        var random = new Random(11);
        var bytes = new byte[20_000 * type.ElementBytes()];
        random.NextBytes(bytes);
        var storage = new StorageView("0", type, 20_000, "cpu", entryName: null, () => bytes);
        for (var i = 0; i < 300; i++)
        {
            var view = RandomViews.Of(storage, random);
            var first = random.NextInt64(view.ElementCount);
            var part = new byte[(int)random.NextInt64(1 + Math.Min(3000, view.ElementCount - first)) * type.ElementBytes()];
            view.CopyElements(part, first);
            for (var at = 0; at < part.Length; at += type.ElementBytes())
            {
                var expected = view.Element(first + at / type.ElementBytes());
                LazyAssert.True(expected.SequenceEqual(part.AsSpan(at, type.ElementBytes())), $"[{string.Join(", ", view.Shape)}] by [{string.Join(", ", view.Strides)}] from {first}: element {at / type.ElementBytes()}");
            }
        }
    }

    [Fact]
    public void CopyTo_RangeOutside_IsRefused()
    {
        var view = Make([5], [2], 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyTo(new float[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyTo(new float[1], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyTo(new float[1], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.ReadElement(5));
        Assert.Throws<ArgumentException>(() => view.CopyElements(new byte[3]));
    }

    [Fact]
    public void TryGetContiguousSingles_StridedView_IsFalse()
    {
        Assert.False(Make([5], [2], 0).TryGetContiguousSingles(out _));
        Assert.True(Make([5], [1], 3).TryGetContiguousSingles(out var numbers));
        Assert.Equal([3f, 4, 5, 6, 7], numbers.ToArray());
    }

    private static TensorView Make(long[] shape, long[] strides, long offset)
    {
        var storage = CheckpointTree.Tensor([.. Enumerable.Range(0, 60).Select(value => (float)value)], 60).View.Storage;
        return new TensorView(storage, offset, shape, strides);
    }

    private static float Twin(TensorView view, long index)
    {
        var position = view.StorageOffset;
        for (var axis = view.Rank - 1; axis >= 0; axis--)
        {
            position += index % view.Shape[axis] * view.Strides[axis];
            index /= view.Shape[axis];
        }

        return position; // storage element i holds i
    }
}
