namespace Galvani.Checkpoints.Tensors;

/// <summary>Strides of tensors whose elements lie one after the other.</summary>
internal static class RowMajor
{
    /// <summary>The strides where the last index runs fastest; of a shape whose size was checked.</summary>
    public static long[] Strides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride = unchecked(stride * Math.Max(1, shape[axis]));
        }

        return strides;
    }
}
