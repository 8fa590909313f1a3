using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>Sixteen lanes in two registers of AVX2 and FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> low;
    private readonly Vector256<float> high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes256(Vector256<float> low, Vector256<float> high)
    {
        this.low = low;
        this.high = high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left.low + right.low, left.high + right.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left.low - right.low, left.high - right.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left.low * right.low, left.high * right.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left.low / right.low, left.high / right.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float value)
    {
        var lanes = Vector256.Create(value);
        return new(lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 lanes, float* destination)
    {
        lanes.low.Store(destination);
        lanes.high.Store(destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadPartial(float* source, int count, Lanes256 filler)
    {
        var (first, second) = (Mask(count), Mask(count - 8));
        return new(
            Avx.BlendVariable(filler.low, Avx.MaskLoad(source, first), first),
            Avx.BlendVariable(filler.high, Avx.MaskLoad(source + 8, second), second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(Lanes256 lanes, float* destination, int count)
    {
        Avx.MaskStore(destination, Mask(count), lanes.low);
        Avx.MaskStore(destination + 8, Mask(count - 8), lanes.high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(Fma.MultiplyAdd(left.low, right.low, addend.low), Fma.MultiplyAdd(left.high, right.high, addend.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) => new(Avx.Max(left.low, right.low), Avx.Max(left.high, right.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Min(Lanes256 left, Lanes256 right) => new(Avx.Min(left.low, right.low), Avx.Min(left.high, right.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Floor(Lanes256 lanes) => new(Avx.Floor(lanes.low), Avx.Floor(lanes.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Scale(Lanes256 lanes, Lanes256 exponents) => new(Scale(lanes.low, exponents.low), Scale(lanes.high, exponents.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Lanes256 left, Lanes256 right) =>
        Avx.MoveMask(Avx.CompareGreaterThan(left.low, right.low) | Avx.CompareGreaterThan(left.high, right.high)) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 lanes) => Sum(lanes.low + lanes.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Lanes256 lanes0, Lanes256 lanes1, Lanes256 lanes2, Lanes256 lanes3, float* destination) =>
        StoreSums(lanes0.low + lanes0.high, lanes1.low + lanes1.high, lanes2.low + lanes2.high, lanes3.low + lanes3.high, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Lanes256 lanes)
    {
        var eight = Avx.Max(lanes.low, lanes.high);
        var four = Sse.Max(eight.GetLower(), eight.GetUpper());
        var two = Sse.Max(four, Sse.MoveHighToLow(four, four));
        return MathF.Max(two[0], two[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Lanes256 lanes, double* sums)
    {
        AddTo(lanes.low, sums);
        AddTo(lanes.high, sums + 8);
    }

    /// <summary>The sum of eight lanes, in the order of <see cref="ILanes{TSelf}.Sum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> eight)
    {
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Sse.MoveHighToLow(four, four);
        return two[0] + two[1];
    }

    /// <summary>The sums of eight lanes each, in the order of the single sum, four at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<float> eight0, Vector256<float> eight1, Vector256<float> eight2, Vector256<float> eight3, float* destination)
    {
        Vector128<float> four0 = eight0.GetLower() + eight0.GetUpper(), four1 = eight1.GetLower() + eight1.GetUpper();
        Vector128<float> four2 = eight2.GetLower() + eight2.GetUpper(), four3 = eight3.GetLower() + eight3.GetUpper();
        var two01 = Sse.UnpackLow(four0, four1) + Sse.UnpackHigh(four0, four1); // of each in turn
        var two23 = Sse.UnpackLow(four2, four3) + Sse.UnpackHigh(four2, four3);
        (Sse.MoveLowToHigh(two01, two23) + Sse.MoveHighToLow(two23, two01)).Store(destination);
    }

    /// <summary>Adds each of eight lanes to a sum of its own in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Vector256<float> eight, double* sums)
    {
        (Vector256.Load(sums) + Avx.ConvertToVector256Double(eight.GetLower())).Store(sums);
        (Vector256.Load(sums + 4) + Avx.ConvertToVector256Double(eight.GetUpper())).Store(sums + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadDifference(int* left, int* right, int factor) => new(
        Avx.ConvertToVector256Single(Vector256.Load(left) - Vector256.Load(right) * factor),
        Avx.ConvertToVector256Single(Vector256.Load(left + 8) - Vector256.Load(right + 8) * factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(Lanes256 lanes, int added, byte* destination)
    {
        var words = Words(lanes) + Vector256.Create((short)added);
        Sse2.PackUnsignedSaturate(words.GetLower(), words.GetUpper()).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(Lanes256 lanes, short* destination) => Words(lanes).Store(destination);

    // Packing works on halves of registers: the quarters come out as 0, 2, 1, 3 and are put in order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Words(Lanes256 lanes)
    {
        var packed = Avx2.PackSignedSaturate(Avx.ConvertToVector256Int32(lanes.low), Avx.ConvertToVector256Int32(lanes.high));
        return Avx2.Permute4x64(packed.AsInt64(), 0b11_01_10_00).AsInt16();
    }

    // All bits of the lanes in front of the count.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Mask(int count) => Avx2.CompareGreaterThan(Vector256.Create(count), Vector256<int>.Indices).AsSingle();

    // 2^n in two factors: n itself reaches beyond the exponents that one factor has.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(Vector256<float> lanes, Vector256<float> exponents)
    {
        var exponent = Avx.ConvertToVector256Int32(exponents);
        var half = exponent >> 1;
        return lanes * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfTwo(Vector256<int> exponent) => ((exponent + Vector256.Create(127)) << 23).AsSingle();
}
