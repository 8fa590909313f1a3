namespace Galvani.Checkpoints.Tensors;

/// <summary>Checks a tensor against its storage by arithmetic on its bounds; no element is ever walked.</summary>
internal static class TensorBounds
{
    /// <summary>A checked view.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="offset">The index of the first element.</param>
    /// <param name="shape">The sizes, none negative.</param>
    /// <param name="strides">The strides, none negative.</param>
    /// <param name="requiresGrad">What the file says.</param>
    /// <param name="limits">The bounds on rank.</param>
    /// <param name="broken">Makes the error of a problem.</param>
    public static TensorView Create(
        StorageView storage, long offset, long[] shape, long[] strides, bool requiresGrad, CheckpointLimits limits, Func<string, CheckpointFormatException> broken)
    {
        if (shape.Length != strides.Length)
            throw broken($"A tensor has {shape.Length} sizes and {strides.Length} strides");
        if (shape.Length > limits.Rank)
            throw broken($"A tensor has {shape.Length} dimensions, the limit (Rank) is {limits.Rank}");
        Int128 count = 1, last = offset;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            count *= shape[axis];
            last += (Int128)(shape[axis] - 1) * strides[axis];
            if (count > long.MaxValue / 16 || last > long.MaxValue)
                throw broken($"A tensor of shape [{string.Join(", ", shape)}] is too large");
        }

        if (count > 0 && (last >= storage.ElementCount || offset < 0))
            throw broken($"A tensor of shape [{string.Join(", ", shape)}] reaches element {last} of storage {storage.Key}, which has {storage.ElementCount} elements");
        if (count == 0 && offset > storage.ElementCount)
            throw broken($"An empty tensor begins at element {offset} of storage {storage.Key}, which has {storage.ElementCount} elements");
        return new TensorView(storage, offset, shape, strides, requiresGrad);
    }
}
