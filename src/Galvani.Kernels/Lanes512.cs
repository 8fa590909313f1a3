using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>Sixteen lanes in one register of AVX-512.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<float> all;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes512(Vector512<float> all) => this.all = all;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left.all + right.all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left.all - right.all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left.all * right.all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 left, Lanes512 right) => new(left.all / right.all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512 lanes, float* destination) => lanes.all.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadPartial(float* source, int count, Lanes512 filler) => new(Avx512F.MaskLoad(source, Mask(count), filler.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(Lanes512 lanes, float* destination, int count) => Avx512F.MaskStore(destination, Mask(count), lanes.all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 left, Lanes512 right, Lanes512 addend) => new(Avx512F.FusedMultiplyAdd(left.all, right.all, addend.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 left, Lanes512 right) => new(Avx512F.Max(left.all, right.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Min(Lanes512 left, Lanes512 right) => new(Avx512F.Min(left.all, right.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Floor(Lanes512 lanes) => new(Vector512.Floor(lanes.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Scale(Lanes512 lanes, Lanes512 exponents) => new(Avx512F.Scale(lanes.all, exponents.all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Lanes512 left, Lanes512 right) => Avx512F.CompareGreaterThan(left.all, right.all) != Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes512 lanes) => Lanes256.Sum(lanes.all.GetLower() + lanes.all.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Lanes512 lanes0, Lanes512 lanes1, Lanes512 lanes2, Lanes512 lanes3, float* destination) => Lanes256.StoreSums(
        lanes0.all.GetLower() + lanes0.all.GetUpper(),
        lanes1.all.GetLower() + lanes1.all.GetUpper(),
        lanes2.all.GetLower() + lanes2.all.GetUpper(),
        lanes3.all.GetLower() + lanes3.all.GetUpper(),
        destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Lanes512 lanes) => Lanes256.Maximum(new Lanes256(lanes.all.GetLower(), lanes.all.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(Lanes512 lanes, double* sums)
    {
        Lanes256.AddTo(lanes.all.GetLower(), sums);
        Lanes256.AddTo(lanes.all.GetUpper(), sums + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadDifference(int* left, int* right, int factor) => new(Avx512F.ConvertToVector512Single(Vector512.Load(left) - Vector512.Load(right) * factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(Lanes512 lanes, int added, byte* destination) =>
        Avx512F.ConvertToVector128ByteWithSaturation(Vector512.Max(Avx512F.ConvertToVector512Int32(lanes.all) + Vector512.Create(added), default).AsUInt32()).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(Lanes512 lanes, short* destination) =>
        Avx512F.ConvertToVector256Int16(Avx512F.ConvertToVector512Int32(lanes.all)).Store(destination);

    // All bits of the lanes in front of the count.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Mask(int count) => Avx512F.CompareGreaterThan(Vector512.Create(count), Vector512<int>.Indices).AsSingle();
}
