using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>Sixteen 32-bit sums, or sixty-four bytes, in two registers.</summary>
internal readonly record struct Integers256(Vector256<int> Low, Vector256<int> High);

/// <summary>
/// Steps of quantised products whose input is 0 to 255 and whose weights are -127 to 127, four components at a time. The weights of a pair sum to 128 at most (<see cref="WeightPairs"/>), two products of 16 bits to
/// 255 · 128 = 32640, so the addition that saturates at 32767 never does, and every sum is exact.
/// </summary>
internal static class ByteSteps
{
    /// <summary>Sixteen outputs of four components.</summary>
    private const int StepBytes = 64;

    /// <summary>AVX2.</summary>
    public readonly unsafe struct Avx2Step : IProductStep<Integers256>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadWeights(byte* source) => new(Vector256.Load((int*)source), Vector256.Load((int*)source + 8));

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadInput(int* source)
        {
            var input = Vector256.Create(*source);
            return new(input, input);
        }

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 MultiplyAdd(Integers256 input, Integers256 weights, Integers256 sums) =>
            new(MultiplyAdd(input.Low, weights.Low, sums.Low), MultiplyAdd(input.High, weights.High, sums.High));

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Integers256 sums, int* destination)
        {
            sums.Low.Store(destination);
            sums.High.Store(destination + 8);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> MultiplyAdd(Vector256<int> input, Vector256<int> weights, Vector256<int> sums) =>
            sums + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(input.AsByte(), weights.AsSByte()), Vector256<short>.One);
    }

    /// <summary>AVX-512 BW.</summary>
    public readonly unsafe struct Avx512Step : IProductStep<Vector512<int>>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> LoadWeights(byte* source) => Vector512.Load((int*)source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> LoadInput(int* source) => Vector512.Create(*source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> MultiplyAdd(Vector512<int> input, Vector512<int> weights, Vector512<int> sums) =>
            sums + Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(input.AsByte(), weights.AsSByte()), Vector512<short>.One);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<int> sums, int* destination) => sums.Store(destination);
    }

    /// <summary>AVX-VNNI: the four products and the sum in one instruction.</summary>
    public readonly unsafe struct AvxVnniStep : IProductStep<Integers256>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadWeights(byte* source) => Avx2Step.LoadWeights(source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadInput(int* source) => Avx2Step.LoadInput(source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 MultiplyAdd(Integers256 input, Integers256 weights, Integers256 sums) => new(
            AvxVnni.MultiplyWideningAndAdd(sums.Low, input.Low.AsByte(), weights.Low.AsSByte()),
            AvxVnni.MultiplyWideningAndAdd(sums.High, input.High.AsByte(), weights.High.AsSByte()));

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Integers256 sums, int* destination) => Avx2Step.Store(sums, destination);
    }

    /// <summary>One product at a time.</summary>
    public readonly unsafe struct ScalarStep : IProductStep<ScalarIntegers>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        public static ScalarIntegers LoadWeights(byte* source) => *(ScalarIntegers*)source;

        /// <inheritdoc/>
        public static ScalarIntegers LoadInput(int* source) => ScalarIntegers.Create(*source);

        /// <inheritdoc/>
        public static ScalarIntegers MultiplyAdd(ScalarIntegers input, ScalarIntegers weights, ScalarIntegers sums)
        {
            var inputs = (byte*)&input;
            var factors = (sbyte*)&weights;
            for (var i = 0; i < StepBytes; i++)
                sums[i / sizeof(int)] += inputs[i] * factors[i];
            return sums;
        }

        /// <inheritdoc/>
        public static void Store(ScalarIntegers sums, int* destination) => *(ScalarIntegers*)destination = sums;
    }
}

/// <summary>Sixteen 32-bit sums, or sixty-four bytes, one at a time.</summary>
[InlineArray(LaneMath.LaneCount)]
internal struct ScalarIntegers
{
    private int first;

    /// <summary>The same number in every place.</summary>
    public static ScalarIntegers Create(int value)
    {
        ScalarIntegers all = default;
        ((Span<int>)all).Fill(value);
        return all;
    }
}
