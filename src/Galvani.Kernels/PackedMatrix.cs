using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// A weight [N, K] (out, in) laid out for <see cref="MatMul"/>: panels of 16 outputs over the whole K, in each panel the 16 weights of one input component side by
/// side, the last panel filled up with zeros. Immutable once built; may be read by many threads.
/// </summary>
public sealed class PackedMatrix
{
    /// <summary>The outputs of a panel: two vectors of eight.</summary>
    internal const int PanelWidth = 16;

    // Panels begin on a cache line, so that no vector load crosses one: the array is pinned and its first elements are left unused.
    private const int AlignmentBytes = 64;
    private readonly float[] storage;
    private readonly int firstElement;

    internal PackedMatrix(int outputWidth, int inputWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputWidth);
        ArgumentOutOfRangeException.ThrowIfNegative(inputWidth);
        (OutputWidth, InputWidth) = (outputWidth, inputWidth);
        PanelCount = (int)(((long)outputWidth + PanelWidth - 1) / PanelWidth);
        var elementCount = checked((int)((long)PanelCount * PanelWidth * inputWidth));
        storage = GC.AllocateArray<float>(checked(elementCount + AlignmentBytes / sizeof(float)), pinned: true);
        firstElement = FirstAligned(storage);
    }

    /// <summary>N.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>N / 16, rounded up.</summary>
    internal int PanelCount { get; }

    /// <summary>Packs a weight.</summary>
    /// <param name="weight">[N, K], row-major, as PyTorch stores it.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <exception cref="ArgumentException">The weight has another number of elements.</exception>
    public static PackedMatrix Pack(ReadOnlySpan<float> weight, int outputWidth, int inputWidth)
    {
        if (weight.Length != (long)outputWidth * inputWidth)
            throw new ArgumentException($"A weight of {weight.Length} elements is not [{outputWidth}, {inputWidth}].", nameof(weight));
        var builder = new PackedMatrixBuilder(outputWidth, inputWidth);
        for (var n = 0; n < outputWidth; n++)
            builder.Add(weight.Slice(n * inputWidth, inputWidth));
        return builder.Build();
    }

    /// <summary>[PanelCount, K, 16].</summary>
    internal ReadOnlySpan<float> Panels => storage.AsSpan(firstElement, PanelCount * PanelWidth * InputWidth);

    internal void SetRow(int output, ReadOnlySpan<float> row)
    {
        var panel = storage.AsSpan(firstElement + output / PanelWidth * PanelWidth * InputWidth, PanelWidth * InputWidth);
        var column = output % PanelWidth;
        for (var k = 0; k < row.Length; k++)
            panel[k * PanelWidth + column] = row[k];
    }

    private static unsafe int FirstAligned(float[] pinned)
    {
        var address = (nuint)Unsafe.AsPointer(ref pinned[0]);
        var misaligned = (int)(address % AlignmentBytes);
        return misaligned == 0 ? 0 : (AlignmentBytes - misaligned) / sizeof(float);
    }
}
