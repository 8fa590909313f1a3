using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>The numbers of element types of one byte.</summary>
internal static class ByteValues
{
    /// <summary>The number that each of the 256 values of a byte stands for, exactly.</summary>
    /// <param name="type">A type of real numbers of one byte.</param>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read.</exception>
    public static double[] Of(DType type)
    {
        byte[] bytes = [.. Enumerable.Range(0, ByteCounts.Values).Select(value => (byte)value)];
        var storage = new StorageView("", type, bytes.Length, "cpu", entryName: null, () => bytes);
        var numbers = new double[bytes.Length];
        TensorView.RowMajor(storage, [bytes.Length]).CopyTo(numbers);
        return numbers;
    }
}
