// Weights in files, as they lie in memory: the panels, then for 8 bits the scales, then for the fast format the sums of the weights, each beginning on a cache line. Sizes follow from N, K and the
// format, so nothing in a file says where a part is. The order of weights in a panel is the same for every instruction set.
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Writes weights as products read them, and reads them in the mapped file itself, without a copy, so that several processes share them.</summary>
public static class StoredWeight
{
    /// <summary>The number of the order of weights in panels. It changes when the order does: weights that were stored in another must be packed again.</summary>
    public const int Layout = 1;

    /// <summary>What the first byte of a stored weight is a multiple of in its file.</summary>
    public const int Alignment = 64;

    private const int ChunkBytes = 1 << 20;

    // In integers, with room for the rounding of the numbers themselves.
    private const double HalfAStep = 0.501;

    // The smallest magnitude that a scale makes the largest integer, as a share of the largest weight.
    private const double LeastReach = 0.75;

    /// <summary>The bytes of a stored weight.</summary>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How it is held.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, the input too wide for the format, or the format none.</exception>
    public static long ByteCount(int outputWidth, int inputWidth, ProductFormat format) => PartsAt(byteOffset: 0, outputWidth, inputWidth, format).End;

    /// <summary>Packs a weight into a stream, some rows at a time.</summary>
    /// <param name="rows">Gives [N, K].</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How to hold it.</param>
    /// <param name="destination">Receives <see cref="ByteCount"/> bytes.</param>
    /// <param name="written">Called with the bytes of each part that was written; may throw to stop.</param>
    /// <exception cref="NotFiniteNumberException">A weight is no finite number, which 8 bits cannot hold.</exception>
    public static void Write(IWeightRows rows, int outputWidth, int inputWidth, ProductFormat format, Stream destination, Action<long>? written = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(destination);
        var parts = PartsAt(byteOffset: 0, outputWidth, inputWidth, format);
        var chunkRows = (int)Math.Clamp(ChunkBytes / Math.Max(1L, (long)inputWidth * sizeof(float)) / ProductWeight.PanelWidth * ProductWeight.PanelWidth, ProductWeight.PanelWidth, Math.Max(ProductWeight.PanelWidth, outputWidth));
        var chunk = ProductWeight.Create(chunkRows, inputWidth, format);
        var buffer = new float[(long)ProductWeight.PanelWidth * inputWidth];
        var (scales, weightSums) = (new MemoryStream(), new MemoryStream());
        var position = 0L;
        for (var first = 0; first < outputWidth; first += chunkRows)
        {
            var count = Math.Min(chunkRows, outputWidth - first);
            var panelCount = Pack(rows, first, count, chunk, buffer);
            Put(chunk.PanelContent[..(chunk.PanelContent.Length / chunk.PanelCount * panelCount)]);
            if (format == ProductFormat.Single)
                continue;
            CheckFinite(chunk.Scales[..count], first);
            scales.Write(MemoryMarshal.AsBytes(chunk.Scales[..(panelCount * ProductWeight.PanelWidth)]));
            weightSums.Write(MemoryMarshal.AsBytes(chunk.WeightSums[..(panelCount * ProductWeight.PanelWidth)]));
        }

        Put(new byte[parts.Scales - position]);
        Put(scales.ToArray());
        if (HasSums(format))
            Put(weightSums.ToArray());

        void Put(ReadOnlySpan<byte> bytes)
        {
            destination.Write(bytes);
            position += bytes.Length;
            written?.Invoke(bytes.Length);
        }
    }

    /// <summary>A weight in a mapped file. It must not be used once the file is closed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="byteOffset">Where the weight begins, a multiple of <see cref="Alignment"/>.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How it is held.</param>
    /// <exception cref="ArgumentException">The offset is not aligned.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not inside the file, or has sizes that cannot be.</exception>
    /// <exception cref="OverflowException">The panels have more than 2 GiB.</exception>
    public static ProductWeight Map(MappedMemory file, long byteOffset, int outputWidth, int inputWidth, ProductFormat format)
    {
        ArgumentNullException.ThrowIfNull(file);
        var parts = PartsAt(byteOffset, outputWidth, inputWidth, format);
        return format == ProductFormat.Single
            ? new PackedMatrix(outputWidth, inputWidth, file, byteOffset)
            : new QuantizedMatrix(outputWidth, inputWidth, format, file, parts);
    }

    /// <summary>The first output whose scale no packing makes, one that is negative or not finite, or null: what a damaged or hostile file may have.</summary>
    /// <param name="weight">A weight.</param>
    public static int? FindImpossibleScale(ProductWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        for (var output = 0; output < weight.Scales.Length; output++)
        {
            if (!(weight.Scales[output] >= 0 && float.IsFinite(weight.Scales[output])))
                return output;
        }

        return null;
    }

    /// <summary>Whether an integer of 8 bits is beyond those that packing makes, so that sums could overflow and differ between machines. Reads the whole weight.</summary>
    /// <param name="weight">A weight.</param>
    public static bool HasImpossibleIntegers(ProductWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight is not QuantizedMatrix quantized || quantized.PanelContent.IsEmpty)
            return false;
        var integers = MemoryMarshal.Cast<byte, sbyte>(quantized.PanelContent);
        if (quantized.Format == ProductFormat.Int8Exact)
            return TensorPrimitives.Min(integers) < -quantized.Largest;
        if (quantized.Format == ProductFormat.Int8Quads)
            return HasImpossibleQuads(integers, quantized.PanelCount);
        for (var i = 0; i < integers.Length; i += 2)
        {
            if (!WeightPairs.IsPossible(integers[i], integers[i + 1]))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether an output's weights are what packing makes of a row: its very bits in single precision; in 8 bits integers that stand for its numbers to the nearest step, or to the last one for those beyond it, with steps that
    /// reach at least three quarters of the largest. Integers within 63, as <see cref="ProductFormat.Int8"/> had them before pairs shared their bound, are right, too.
    /// </summary>
    /// <param name="weight">A weight.</param>
    /// <param name="output">0-based.</param>
    /// <param name="row">[K].</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight has no such output.</exception>
    public static bool IsMadeOf(ProductWeight weight, int output, ReadOnlySpan<float> row)
    {
        const int LargestBefore = 63;
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)weight.OutputWidth);
        if (row.Length != weight.InputWidth)
            throw new ArgumentException($"A row of {row.Length} numbers is none of a weight of {weight.InputWidth} inputs.", nameof(row));
        var packed = new float[row.Length];
        weight.ReadRow(output, first: 0, packed);
        if (weight is not QuantizedMatrix quantized)
            return MemoryMarshal.AsBytes<float>(packed).SequenceEqual(MemoryMarshal.AsBytes(row));
        var scale = weight.Scales[output];
        if (scale == 0)
            return !(TensorPrimitives.Max<float>(row) >= QuantizedRows.SmallestMagnitude) && !(TensorPrimitives.Min<float>(row) <= -QuantizedRows.SmallestMagnitude);
        return quantized.Format switch
        {
            ProductFormat.Int8Exact => IsRounded(packed, row, scale, quantized.Largest),
            ProductFormat.Int8Quads => AreQuads(packed, row, scale),
            _ => ArePairs(packed, row, scale) || IsRounded(packed, row, scale, LargestBefore),
        };
    }

    private static bool HasImpossibleQuads(ReadOnlySpan<sbyte> integers, int panelCount)
    {
        const int StepBytes = WeightQuads.Count * ProductWeight.PanelWidth;
        var panelBytes = integers.Length / panelCount;
        for (var panel = 0; panel < panelCount; panel++)
        {
            for (var steps = integers.Slice(panel * panelBytes, panelBytes); !steps.IsEmpty; steps = steps[Math.Min(2 * StepBytes, steps.Length)..])
            {
                for (var i = 0; i < StepBytes; i += 2)
                {
                    if (!WeightQuads.IsPossible(steps.Length > StepBytes ? [steps[i], steps[i + 1], steps[StepBytes + i], steps[StepBytes + i + 1]] : [steps[i], steps[i + 1]]))
                        return true;
                }
            }
        }

        return false;
    }

    private static bool IsRounded(ReadOnlySpan<float> packed, ReadOnlySpan<float> row, double scale, int largest)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (!(Math.Abs(row[i]) * LeastReach <= scale * largest && Math.Abs(packed[i] / scale - Math.Clamp(row[i] / scale, -largest, largest)) <= HalfAStep))
                return false;
        }

        return true;
    }

    private static bool ArePairs(ReadOnlySpan<float> packed, ReadOnlySpan<float> row, double scale)
    {
        for (var i = 0; i < row.Length; i += 2)
        {
            var (first, second) = (row[i] / scale, i + 1 < row.Length ? row[i + 1] / scale : 0);
            if (!(Math.Max(Math.Abs(first), Math.Abs(second)) * LeastReach <= WeightPairs.Largest))
                return false;
            first = Math.Clamp(first, -WeightPairs.Largest, WeightPairs.Largest);
            second = Math.Clamp(second, -WeightPairs.Largest, WeightPairs.Largest);
            var excess = (first + second - Math.Clamp(first + second, -WeightPairs.LargestSum, WeightPairs.LargestSum)) / 2;
            // The second integer of a pair that is cut is what the first one leaves.
            if (!(Math.Abs(packed[i] / scale - (first - excess)) <= HalfAStep && (i + 1 == row.Length || Math.Abs(packed[i + 1] / scale - (second - excess)) <= (excess == 0 ? HalfAStep : 2 * HalfAStep))))
                return false;
        }

        return true;
    }

    private static bool AreQuads(ReadOnlySpan<float> packed, ReadOnlySpan<float> row, double scale)
    {
        const double CutStep = 2.001; // the four, rounded apart, are two beyond the bound at most, which one of them may have to give
        Span<double> quad = stackalloc double[WeightQuads.Count], positive = stackalloc double[WeightQuads.Count], negative = stackalloc double[WeightQuads.Count];
        for (var number = 0; WeightQuads.IndexOf(number, component: 0) < row.Length; number++)
        {
            for (var i = 0; i < quad.Length; i++)
            {
                var weight = WeightQuads.IndexOf(number, i) is var index && index < row.Length ? row[index] / scale : 0;
                if (!(Math.Abs(weight) * LeastReach <= WeightPairs.Largest))
                    return false;
                quad[i] = Math.Clamp(weight, -WeightPairs.Largest, WeightPairs.Largest);
            }

            TensorPrimitives.Max(quad, 0, positive);
            TensorPrimitives.Min(quad, 0, negative);
            TensorPrimitives.Negate(negative, negative);
            var isCut = Math.Max(TensorPrimitives.Sum<double>(positive), TensorPrimitives.Sum<double>(negative)) > WeightPairs.LargestSum - WeightQuads.Count * HalfAStep;
            Cut(positive);
            Cut(negative);
            for (var i = 0; i < quad.Length; i++)
            {
                var integer = WeightQuads.IndexOf(number, i) is var index && index < row.Length ? packed[index] / scale : 0;
                if (!(Math.Abs(integer - (positive[i] - negative[i])) <= (isCut ? HalfAStep + CutStep : HalfAStep)))
                    return false;
            }
        }

        return true;
    }

    // Takes off all alike what they have beyond the bound, as far as each reaches.
    private static void Cut(Span<double> numbers)
    {
        while (TensorPrimitives.Sum<double>(numbers) - WeightPairs.LargestSum is var excess && excess > HalfAStep)
        {
            var count = 0;
            foreach (var number in numbers)
                count += number > 0 ? 1 : 0;
            TensorPrimitives.Subtract(numbers, excess / count, numbers);
            TensorPrimitives.Max(numbers, 0, numbers);
        }
    }

    private static int Pack(IWeightRows rows, int first, int count, ProductWeight chunk, float[] buffer)
    {
        var panelCount = (count + ProductWeight.PanelWidth - 1) / ProductWeight.PanelWidth;
        for (var panel = 0; panel < panelCount; panel++)
        {
            var done = panel * ProductWeight.PanelWidth;
            var read = buffer.AsSpan(0, Math.Min(ProductWeight.PanelWidth, count - done) * chunk.InputWidth);
            rows.Read(first + done, read);
            chunk.SetPanel(panel, read);
        }

        return panelCount;
    }

    private static void CheckFinite(ReadOnlySpan<float> scales, int first)
    {
        for (var output = 0; output < scales.Length; output++)
        {
            if (!float.IsFinite(scales[output]))
                throw new NotFiniteNumberException($"output {first + output} has a weight that is no finite number, which 8 bits cannot hold", scales[output]);
        }
    }

    private static StoredParts PartsAt(long byteOffset, int outputWidth, int inputWidth, ProductFormat format)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputWidth);
        ArgumentOutOfRangeException.ThrowIfNegative(inputWidth);
        if (format is not (ProductFormat.Single or ProductFormat.Int8 or ProductFormat.Int8Exact or ProductFormat.Int8Quads))
            throw new ArgumentOutOfRangeException(nameof(format), format, "This is no format of a weight.");
        if (format != ProductFormat.Single)
            ArgumentOutOfRangeException.ThrowIfGreaterThan(inputWidth, QuantizedMatrix.LargestInputWidth);
        var panelCount = ((long)outputWidth + ProductWeight.PanelWidth - 1) / ProductWeight.PanelWidth;
        var panelBytes = format switch
        {
            ProductFormat.Single => (long)inputWidth * ProductWeight.PanelWidth * sizeof(float),
            ProductFormat.Int8 or ProductFormat.Int8Quads => (inputWidth + 3L) / 4 * 4 * ProductWeight.PanelWidth,
            _ => (inputWidth + 1L) / 2 * 2 * ProductWeight.PanelWidth,
        };
        var tableBytes = panelCount * ProductWeight.PanelWidth * sizeof(float);
        var scales = byteOffset + Aligned(checked(panelCount * panelBytes));
        var weightSums = scales + (format == ProductFormat.Single ? 0 : tableBytes);
        return new StoredParts(byteOffset, scales, weightSums, weightSums + (HasSums(format) ? tableBytes : 0));
    }

    private static bool HasSums(ProductFormat format) => format is ProductFormat.Int8 or ProductFormat.Int8Quads;

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}

/// <summary>Where the parts of a stored weight begin, in bytes from the beginning of the file.</summary>
/// <param name="Panels">The panels.</param>
/// <param name="Scales">The scales.</param>
/// <param name="WeightSums">The sums of each output's integers.</param>
/// <param name="End">What follows the weight.</param>
internal readonly record struct StoredParts(long Panels, long Scales, long WeightSums, long End);
