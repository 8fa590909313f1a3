namespace Galvani.Kernels;

/// <summary>How often each value of a byte, or of a pair of bytes, occurs.</summary>
public static class ByteCounts
{
    /// <summary>The number of values of a byte.</summary>
    public const int Values = 256;

    private const int Tables = 4; // neighbours that are equal are counted in different tables: an addition need not wait for the one before
    private const int PartBytes = 1 << 30; // a table's count stays below 2^32

    /// <summary>Counts the values of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="counts">[256], added to.</param>
    /// <exception cref="ArgumentException">There are not 256 counts.</exception>
    public static void Add(ReadOnlySpan<byte> bytes, Span<long> counts)
    {
        if (counts.Length != Values)
            throw new ArgumentException($"There are {counts.Length} counts, expected {Values}.", nameof(counts));
        Span<uint> tables = stackalloc uint[Tables * Values];
        while (!bytes.IsEmpty)
        {
            tables.Clear();
            var part = bytes[..Math.Min(PartBytes, bytes.Length)];
            Count(part, tables);
            for (var i = 0; i < tables.Length; i++)
                counts[i % Values] += tables[i];
            bytes = bytes[part.Length..];
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
        if (counts.Length != Values * Values)
            throw new ArgumentException($"There are {counts.Length} counts, expected {Values * Values}.", nameof(counts));
        for (var i = 0; i < first.Length; i++)
            counts[(first[i] << 8) | second[i]]++;
    }

    private static void Count(ReadOnlySpan<byte> bytes, Span<uint> tables)
    {
        var table0 = tables[..Values];
        var table1 = tables.Slice(Values, Values);
        var table2 = tables.Slice(2 * Values, Values);
        var table3 = tables.Slice(3 * Values, Values);
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
