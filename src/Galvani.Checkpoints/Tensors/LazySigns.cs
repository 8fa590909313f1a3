namespace Galvani.Checkpoints.Tensors;

/// <summary>
/// Signs that torch leaves undone: <c>conj()</c> and the imaginary part of what it gives are views of the same numbers with a mark, <c>conj</c> or <c>neg</c>, which a file has beside the
/// tensor. Here the signs are turned when the elements are asked for; nothing of them is kept.
/// </summary>
internal sealed class LazySigns
{
    private const byte SignBit = 0x80;

    private readonly StorageView stored;
    private readonly int numberBytes;
    private readonly bool turnsFirst; // of the numbers of an element: the real part, or the only one
    private readonly bool turnsSecond;

    private LazySigns(StorageView stored, LazySignMarks marks)
    {
        var (isConjugated, isNegated, isComplex) = (marks.HasFlag(LazySignMarks.Conjugated), marks.HasFlag(LazySignMarks.Negated), stored.DType.IsComplex());
        this.stored = stored;
        numberBytes = isComplex ? stored.DType.ElementBytes() / 2 : stored.DType.ElementBytes();
        (turnsFirst, turnsSecond) = (isNegated, isComplex ? isConjugated != isNegated : isNegated);
    }

    /// <summary>Whether elements of a type can have the marks: conjugated are complex numbers alone, negated what has a sign bit.</summary>
    public static bool Fit(DType type, LazySignMarks marks) => type.IsComplex() || type.IsFloatingPoint() && marks == LazySignMarks.Negated;

    /// <summary>The elements that are meant.</summary>
    /// <param name="stored">The elements as the file has them, of a type that the marks fit.</param>
    /// <param name="marks">What is left undone, something at least.</param>
    public static StorageView Turn(StorageView stored, LazySignMarks marks) => StorageView.Computed(stored, stored.ElementCount, new LazySigns(stored, marks).Fill);

    private void Fill(long firstElement, Span<byte> destination)
    {
        stored.CopyBytes(firstElement * stored.DType.ElementBytes(), destination);
        var isFirst = true; // an element of one number has both turned alike
        for (var last = numberBytes - 1; last < destination.Length; last += numberBytes, isFirst = !isFirst)
        {
            if (isFirst ? turnsFirst : turnsSecond)
                destination[last] ^= SignBit;
        }
    }
}
