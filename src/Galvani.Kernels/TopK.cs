using System.Numerics;
using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>The largest elements of a row. Meant for few: the cost grows with the number of elements that ever were among the best.</summary>
public static class TopK
{
    /// <summary>
    /// Finds the largest elements, largest first; of equal ones, the one with the lower index first. NaN and negative infinity are never among them, so there may be
    /// fewer than asked for.
    /// </summary>
    /// <param name="values">[N].</param>
    /// <param name="indices">[k]: receives the elements' indices.</param>
    /// <param name="best">[k]: receives the elements.</param>
    /// <returns>How many were found, at most k; what lies behind them in the results is undefined.</returns>
    /// <exception cref="ArgumentException"><paramref name="indices"/> and <paramref name="best"/> differ in length, or <paramref name="best"/> overlaps <paramref name="values"/>.</exception>
    public static int Select(ReadOnlySpan<float> values, Span<int> indices, Span<float> best)
    {
        if (indices.Length != best.Length)
            throw new ArgumentException($"There is room for {indices.Length} indices and {best.Length} elements.", nameof(indices));
        if (values.Overlaps(best))
            throw new ArgumentException("The result overlaps the row.", nameof(best));
        return best.IsEmpty ? 0 : SelectCore(values, indices, best);
    }

    // A vector of elements is passed over at once when none is above the least of the best so far, which soon is true of nearly all. Comparisons are strict, so an
    // equal element that comes later never displaces an earlier one, and NaN never enters.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int SelectCore(ReadOnlySpan<float> values, Span<int> indices, Span<float> best)
    {
        var count = 0;
        var threshold = float.NegativeInfinity;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.GreaterThanAny(new Vector<float>(values[i..]), new Vector<float>(threshold)))
                continue;
            for (var j = i; j < i + Vector<float>.Count; j++)
                Offer(values[j], j, indices, best, ref count, ref threshold);
        }

        for (; i < values.Length; i++)
            Offer(values[i], i, indices, best, ref count, ref threshold);
        return count;
    }

    private static void Offer(float value, int index, Span<int> indices, Span<float> best, ref int count, ref float threshold)
    {
        if (!(value > threshold))
            return;
        var place = count < best.Length ? count++ : count - 1;
        for (; place > 0 && value > best[place - 1]; place--)
        {
            best[place] = best[place - 1];
            indices[place] = indices[place - 1];
        }

        best[place] = value;
        indices[place] = index;
        if (count == best.Length)
            threshold = best[^1];
    }
}
