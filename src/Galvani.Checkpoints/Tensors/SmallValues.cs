namespace Galvani.Checkpoints.Tensors;

/// <summary>The numbers of element types of one byte or two, which have so few that they can be listed.</summary>
internal static class SmallValues
{
    /// <summary>The number that each value of an element's bits stands for, exactly; [256] or [65536].</summary>
    /// <param name="type">A type of real numbers of one byte or two.</param>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read.</exception>
    public static double[] Of(DType type)
    {
        var elementBytes = type.ElementBytes();
        var numbers = new double[1 << (8 * elementBytes)];
        var bytes = new byte[numbers.Length * elementBytes];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i / elementBytes >> (8 * (i % elementBytes)));
        var storage = new StorageView("", type, numbers.Length, "cpu", entryName: null, () => bytes);
        TensorView.RowMajor(storage, [numbers.Length]).CopyTo(numbers);
        return numbers;
    }
}
