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
