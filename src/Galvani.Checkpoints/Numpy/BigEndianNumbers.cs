using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Numpy;

/// <summary>
/// Numbers that a file holds with the largest byte first, turned each time they are asked for: nothing of them is kept, so that large arrays of several files are read side by side without more memory.
/// </summary>
internal sealed class BigEndianNumbers
{
    private readonly int numberBytes;

    private BigEndianNumbers(TensorView stored)
    {
        var type = stored.DType;
        (Stored, numberBytes) = (stored, type.IsComplex() ? type.ElementBytes() / 2 : type.ElementBytes());
    }

    /// <summary>The elements as the file has them.</summary>
    public TensorView Stored { get; }

    /// <summary>The numbers that elements stand for, in row-major order.</summary>
    /// <param name="stored">The elements as the file has them.</param>
    public static TensorView Turn(TensorView stored)
    {
        var numbers = new BigEndianNumbers(stored);
        return TensorView.RowMajor(StorageView.Computed(stored.Storage, stored.ElementCount, numbers.Fill), stored.Shape);
    }

    /// <summary>What <see cref="Turn"/> made a view of; null for any other.</summary>
    public static BigEndianNumbers? Of(TensorView view) =>
        view.Storage.Content?.Target is BigEndianNumbers numbers && view.IsContiguous && view.StorageOffset == 0 && view.Shape.SequenceEqual(numbers.Stored.Shape) ? numbers : null;

    private void Fill(long firstElement, Span<byte> destination)
    {
        Stored.CopyElements(destination, firstElement);
        for (; !destination.IsEmpty; destination = destination[numberBytes..])
            destination[..numberBytes].Reverse();
    }
}
