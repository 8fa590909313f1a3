using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// Normalisations of rows. Sums run in two times sixteen lanes over the row, added in one fixed order. The destination may be
/// the input itself.
/// </summary>
public static unsafe class Norms
{
    private enum Kind
    {
        Layer,
        UnbiasedLayer,
        RootMeanSquare,
    }

    /// <summary>Layer norm (Ba et al. 2016): (x - mean) / sqrt(variance + epsilon) · weight + bias, with the biased variance.</summary>
    /// <param name="input">[R, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    public static void Layer(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        CheckBias(weight, bias);
        Rows(Kind.Layer, input, weight, bias, epsilon, destination);
    }

    /// <summary>Layer norm as OpenNMT-py had it before 0.6: (x - mean) / (deviation + epsilon) · weight + bias, with the unbiased standard deviation.</summary>
    /// <param name="input">[R, D]; D of 1 gives NaN, as the unbiased deviation of one number is not defined.</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    public static void UnbiasedLayer(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        CheckBias(weight, bias);
        Rows(Kind.UnbiasedLayer, input, weight, bias, epsilon, destination);
    }

    /// <summary>Root-mean-square norm (Zhang and Sennrich 2019): x / sqrt(mean(x²) + epsilon) · weight.</summary>
    /// <param name="input">[R, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    public static void RootMeanSquare(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        Rows(Kind.RootMeanSquare, input, weight, [], epsilon, destination);
    }

    private static void Rows(Kind kind, ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> destination)
    {
        var width = weight.Length;
        fixed (float* x = input, w = weight, b = bias, y = destination)
        {
            for (nint start = 0; start < input.Length; start += width)
            {
                switch (InstructionSets.Current)
                {
                    case InstructionSet.Avx512: Row<Lanes512>(kind, x + start, width, w, b, epsilon, y + start); break;
                    case InstructionSet.Avx2: Row<Lanes256>(kind, x + start, width, w, b, epsilon, y + start); break;
                    default: Row<ScalarLanes>(kind, x + start, width, w, b, epsilon, y + start); break;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row<TLanes>(Kind kind, float* row, int width, float* weight, float* bias, float epsilon, float* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var center = kind == Kind.RootMeanSquare ? 0 : Sum<TLanes>(row, width) / width;
        var squares = SquaredDistance<TLanes>(row, width, center);
        var factor = 1 / (kind == Kind.UnbiasedLayer ? MathF.Sqrt(squares / (width - 1)) + epsilon : MathF.Sqrt(squares / width + epsilon));
        var (centers, factors) = (TLanes.Create(center), TLanes.Create(factor));
        var i = 0;
        for (; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
        {
            var value = (TLanes.Load(row + i) - centers) * factors * TLanes.Load(weight + i);
            TLanes.Store(bias == null ? value : value + TLanes.Load(bias + i), destination + i);
        }

        if (i < width)
        {
            var rest = width - i;
            var value = (TLanes.LoadPartial(row + i, rest, filler: default) - centers) * factors * TLanes.LoadPartial(weight + i, rest, filler: default);
            TLanes.StorePartial(bias == null ? value : value + TLanes.LoadPartial(bias + i, rest, filler: default), destination + i, rest);
        }
    }

    // Even and odd groups of sixteen are summed apart, so that an addition need not wait for the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Sum<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes even = default, odd = default;
        var i = 0;
        for (; i <= width - 2 * LaneMath.LaneCount; i += 2 * LaneMath.LaneCount)
        {
            even += TLanes.Load(row + i);
            odd += TLanes.Load(row + i + LaneMath.LaneCount);
        }

        if (i <= width - LaneMath.LaneCount)
        {
            even += TLanes.Load(row + i);
            i += LaneMath.LaneCount;
        }

        if (i < width)
            odd += TLanes.LoadPartial(row + i, width - i, filler: default);
        return TLanes.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float SquaredDistance<TLanes>(float* row, int width, float center)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes even = default, odd = default;
        var centers = TLanes.Create(center);
        var i = 0;
        for (; i <= width - 2 * LaneMath.LaneCount; i += 2 * LaneMath.LaneCount)
        {
            var (first, second) = (TLanes.Load(row + i) - centers, TLanes.Load(row + i + LaneMath.LaneCount) - centers);
            even = TLanes.MultiplyAdd(first, first, even);
            odd = TLanes.MultiplyAdd(second, second, odd);
        }

        if (i <= width - LaneMath.LaneCount)
        {
            var distance = TLanes.Load(row + i) - centers;
            even = TLanes.MultiplyAdd(distance, distance, even);
            i += LaneMath.LaneCount;
        }

        if (i < width)
        {
            var distance = TLanes.LoadPartial(row + i, width - i, centers) - centers;
            odd = TLanes.MultiplyAdd(distance, distance, odd);
        }

        return TLanes.Sum(even + odd);
    }

    private static void Check(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, Span<float> destination)
    {
        if (weight.IsEmpty || input.Length % weight.Length != 0 || input.Length != destination.Length)
            throw new ArgumentException($"An input of {input.Length} and a destination of {destination.Length} elements are not the same rows of {weight.Length}.", nameof(destination));
        if (input.Overlaps(destination, out var offset) && offset != 0)
            throw new ArgumentException("The destination overlaps the input without being it.", nameof(destination));
    }

    private static void CheckBias(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        if (bias.Length != weight.Length)
            throw new ArgumentException($"The bias has {bias.Length} elements, expected {weight.Length}.", nameof(bias));
    }
}
