using System.Numerics.Tensors;

namespace Galvani.Kernels;

/// <summary>Sums over vectors.</summary>
public static class Reductions
{
    /// <summary>The inner product in double precision, in index order.</summary>
    /// <param name="left">[N].</param>
    /// <param name="right">[N].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != right.Length)
            throw new ArgumentException($"The vectors have {left.Length} and {right.Length} elements.", nameof(right));
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }

    /// <summary>The Euclidean norm in double precision.</summary>
    /// <param name="values">[N].</param>
    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(Dot(values, values));

    /// <summary>Adds a row of a table to an accumulator for each id, in order of the ids; the accumulator is not cleared first.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="width">D.</param>
    /// <param name="ids">Rows of the table.</param>
    /// <param name="accumulator">[D].</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void AddRows(ReadOnlySpan<float> table, int width, ReadOnlySpan<int> ids, Span<float> accumulator)
    {
        if (accumulator.Length != width || width <= 0 || table.Length % width != 0)
            throw new ArgumentException($"An accumulator of {accumulator.Length} elements and a table of {table.Length} do not fit rows of {width}.", nameof(accumulator));
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)(table.Length / width))
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The table has {table.Length / width} rows.");
            TensorPrimitives.Add(accumulator, table.Slice(id * width, width), accumulator);
        }
    }
}
