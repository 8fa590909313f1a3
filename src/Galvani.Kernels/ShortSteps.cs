using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>
/// Steps of quantised products whose weights are -127 to 127 and whose input has 16 bits, two components at a time: weights are widened from 8 to 16 bits as they are read, and two
/// products are added in 32 bits, which cannot overflow (<see cref="QuantizedRows.LargestInteger"/>).
/// </summary>
internal static class ShortSteps
{
    /// <summary>Sixteen outputs of two components.</summary>
    private const int StepBytes = 32;

    /// <summary>AVX2.</summary>
    public readonly unsafe struct Avx2Step : IProductStep<Integers256>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadWeights(byte* source) =>
            new(Avx2.ConvertToVector256Int16((sbyte*)source).AsInt32(), Avx2.ConvertToVector256Int16((sbyte*)source + 16).AsInt32());

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 LoadInput(int* source) => ByteSteps.Avx2Step.LoadInput(source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Integers256 MultiplyAdd(Integers256 input, Integers256 weights, Integers256 sums) => new(
            sums.Low + Avx2.MultiplyAddAdjacent(input.Low.AsInt16(), weights.Low.AsInt16()),
            sums.High + Avx2.MultiplyAddAdjacent(input.High.AsInt16(), weights.High.AsInt16()));

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Integers256 sums, int* destination) => ByteSteps.Avx2Step.Store(sums, destination);
    }

    /// <summary>AVX-512 BW.</summary>
    public readonly unsafe struct Avx512Step : IProductStep<Vector512<int>>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> LoadWeights(byte* source) => Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)source)).AsInt32();

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> LoadInput(int* source) => Vector512.Create(*source);

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> MultiplyAdd(Vector512<int> input, Vector512<int> weights, Vector512<int> sums) =>
            sums + Avx512BW.MultiplyAddAdjacent(input.AsInt16(), weights.AsInt16());

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<int> sums, int* destination) => sums.Store(destination);
    }

    /// <summary>One product at a time.</summary>
    public readonly unsafe struct ScalarStep : IProductStep<ScalarIntegers>
    {
        /// <inheritdoc/>
        public static nint WeightBytes => StepBytes;

        /// <inheritdoc/>
        public static ScalarIntegers LoadWeights(byte* source)
        {
            ScalarIntegers weights = default;
            for (var i = 0; i < StepBytes; i++)
                ((short*)&weights)[i] = ((sbyte*)source)[i];
            return weights;
        }

        /// <inheritdoc/>
        public static ScalarIntegers LoadInput(int* source) => ScalarIntegers.Create(*source);

        /// <inheritdoc/>
        public static ScalarIntegers MultiplyAdd(ScalarIntegers input, ScalarIntegers weights, ScalarIntegers sums)
        {
            var inputs = (short*)&input;
            var factors = (short*)&weights;
            for (var i = 0; i < StepBytes; i++)
                sums[i / 2] += inputs[i] * factors[i];
            return sums;
        }

        /// <inheritdoc/>
        public static void Store(ScalarIntegers sums, int* destination) => *(ScalarIntegers*)destination = sums;
    }
}
