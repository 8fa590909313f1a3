namespace Galvani.Kernels;

/// <summary>How often each value of elements that have few values occurs.</summary>
public static class ValueCounts
{
    /// <summary>The number of values of a byte.</summary>
    public const int ByteValues = 256;

    /// <summary>The number of values of two bytes.</summary>
    public const int PairValues = ByteValues * ByteValues;

    private const int Tables = 4; // neighbours that are equal are counted in different tables: an addition need not wait for the one before
    private const int PartBytes = 1 << 30; // a table's count stays below 2^32

    /// <summary>Counts the values of elements.</summary>
    /// <param name="elements">Elements of one byte, or of two, the lower one first.</param>
    /// <param name="counts">[256] or [65536]: which, tells the size of an element; added to.</param>
    /// <exception cref="ArgumentException">There are neither 256 nor 65536 counts, or half an element.</exception>
    public static void Add(ReadOnlySpan<byte> elements, Span<long> counts)
    {
        if (counts.Length == ByteValues)
            AddBytes(elements, counts);
        else if (counts.Length != PairValues)
            throw new ArgumentException($"There are {counts.Length} counts, expected {ByteValues} or {PairValues}.", nameof(counts));
        else if (elements.Length % 2 != 0)
            throw new ArgumentException($"{elements.Length} bytes are no whole number of elements of two.", nameof(elements));
        else
        {
            for (var i = 0; i + 1 < elements.Length; i += 2)
                counts[elements[i] | (elements[i + 1] << 8)]++;
        }
    }

    /// <summary>Counts pairs of bytes that stand at the same place.</summary>
    /// <param name="first">The first bytes of the pairs.</param>
    /// <param name="second">The second bytes, as many.</param>
    /// <param name="counts">[256, 256]: by first byte, then by second; added to.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are not 65536 counts.</exception>
    public static void AddPairs(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<long> counts)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"There are {first.Length} and {second.Length} bytes.", nameof(second));
        if (counts.Length != PairValues)
            throw new ArgumentException($"There are {counts.Length} counts, expected {PairValues}.", nameof(counts));
        for (var i = 0; i < first.Length; i++)
            counts[(first[i] << 8) | second[i]]++;
    }

    private static void AddBytes(ReadOnlySpan<byte> bytes, Span<long> counts)
    {
        Span<uint> tables = stackalloc uint[Tables * ByteValues];
        while (!bytes.IsEmpty)
        {
            tables.Clear();
            var part = bytes[..Math.Min(PartBytes, bytes.Length)];
            Count(part, tables);
            for (var i = 0; i < tables.Length; i++)
                counts[i % ByteValues] += tables[i];
            bytes = bytes[part.Length..];
        }
    }

    private static void Count(ReadOnlySpan<byte> bytes, Span<uint> tables)
    {
        var table0 = tables[..ByteValues];
        var table1 = tables.Slice(ByteValues, ByteValues);
        var table2 = tables.Slice(2 * ByteValues, ByteValues);
        var table3 = tables.Slice(3 * ByteValues, ByteValues);
        var i = 0;
        for (; i + Tables <= bytes.Length; i += Tables)
        {
            table0[bytes[i]]++;
            table1[bytes[i + 1]]++;
            table2[bytes[i + 2]]++;
            table3[bytes[i + 3]]++;
        }

        for (; i < bytes.Length; i++)
            table0[bytes[i]]++;
    }
}
