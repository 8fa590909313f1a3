using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>Sixteen lanes one at a time, with nothing but the operations of the language.</summary>
[InlineArray(Count)]
internal unsafe struct ScalarLanes : ILanes<ScalarLanes>
{
    private const int Count = 16;
    private float first;

    public static ScalarLanes operator +(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            left[i] += right[i];
        return left;
    }

    public static ScalarLanes operator -(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            left[i] -= right[i];
        return left;
    }

    public static ScalarLanes operator *(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            left[i] *= right[i];
        return left;
    }

    public static ScalarLanes operator /(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            left[i] /= right[i];
        return left;
    }

    public static ScalarLanes Create(float value)
    {
        ScalarLanes lanes = default;
        ((Span<float>)lanes).Fill(value);
        return lanes;
    }

    public static ScalarLanes Load(float* source)
    {
        ScalarLanes lanes = default;
        new ReadOnlySpan<float>(source, Count).CopyTo(lanes);
        return lanes;
    }

    public static void Store(ScalarLanes lanes, float* destination) => ((ReadOnlySpan<float>)lanes).CopyTo(new Span<float>(destination, Count));

    public static ScalarLanes LoadPartial(float* source, int count, ScalarLanes filler)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(filler);
        return filler;
    }

    public static void StorePartial(ScalarLanes lanes, float* destination, int count) => ((ReadOnlySpan<float>)lanes)[..count].CopyTo(new Span<float>(destination, count));

    // Two roundings: a fused operation without the instruction costs a hundred times as much.
    public static ScalarLanes MultiplyAdd(ScalarLanes left, ScalarLanes right, ScalarLanes addend)
    {
        for (var i = 0; i < Count; i++)
            addend[i] += left[i] * right[i];
        return addend;
    }

    public static ScalarLanes Max(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            right[i] = left[i] > right[i] ? left[i] : right[i];
        return right;
    }

    public static ScalarLanes Min(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
            right[i] = left[i] < right[i] ? left[i] : right[i];
        return right;
    }

    public static ScalarLanes Floor(ScalarLanes lanes)
    {
        for (var i = 0; i < Count; i++)
            lanes[i] = MathF.Floor(lanes[i]);
        return lanes;
    }

    // A NaN's exponent converts to something, and times NaN that is NaN.
    public static ScalarLanes Scale(ScalarLanes lanes, ScalarLanes exponents)
    {
        for (var i = 0; i < Count; i++)
            lanes[i] = float.IsNaN(lanes[i]) ? lanes[i] : MathF.ScaleB(lanes[i], (int)exponents[i]);
        return lanes;
    }

    public static bool AnyGreater(ScalarLanes left, ScalarLanes right)
    {
        for (var i = 0; i < Count; i++)
        {
            if (left[i] > right[i])
                return true;
        }

        return false;
    }

    public static void StoreSums(ScalarLanes lanes0, ScalarLanes lanes1, ScalarLanes lanes2, ScalarLanes lanes3, float* destination)
    {
        destination[0] = Sum(lanes0);
        destination[1] = Sum(lanes1);
        destination[2] = Sum(lanes2);
        destination[3] = Sum(lanes3);
    }

    public static float Sum(ScalarLanes lanes)
    {
        for (var half = Count / 2; half > 0; half /= 2)
        {
            for (var i = 0; i < half; i++)
                lanes[i] += lanes[i + half];
        }

        return lanes[0];
    }

    public static float Maximum(ScalarLanes lanes)
    {
        for (var i = 1; i < Count; i++)
            lanes[0] = MathF.Max(lanes[0], lanes[i]);
        return lanes[0];
    }

    public static void AddTo(ScalarLanes lanes, double* sums)
    {
        for (var i = 0; i < Count; i++)
            sums[i] += lanes[i];
    }

    public static ScalarLanes LoadDifference(int* left, int* right, int factor)
    {
        ScalarLanes lanes = default;
        for (var i = 0; i < Count; i++)
            lanes[i] = left[i] - right[i] * factor;
        return lanes;
    }

    public static void StoreBytes(ScalarLanes lanes, int added, byte* destination)
    {
        for (var i = 0; i < Count; i++)
            destination[i] = (byte)Math.Clamp((int)MathF.Round(lanes[i]) + added, byte.MinValue, byte.MaxValue);
    }

    public static void StoreShorts(ScalarLanes lanes, short* destination)
    {
        for (var i = 0; i < Count; i++)
            destination[i] = (short)MathF.Round(lanes[i]);
    }
}
