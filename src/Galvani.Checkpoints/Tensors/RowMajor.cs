namespace Galvani.Checkpoints.Tensors;

/// <summary>Strides of tensors whose elements lie one after the other.</summary>
internal static class RowMajor
{
    private static readonly long[] OfVector = [1]; // never changed: the strides of most tensors of files that have very many

    /// <summary>The strides where the last index runs fastest; of a shape whose size was checked.</summary>
    public static long[] Strides(ReadOnlySpan<long> shape)
    {
        if (shape.Length == 1)
            return OfVector;
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride = unchecked(stride * Math.Max(1, shape[axis]));
        }

        return strides;
    }

    /// <summary>The given strides, as the one instance that there is of those of a vector.</summary>
    public static long[] Shared(long[] strides) => strides is [1] ? OfVector : strides;
}
