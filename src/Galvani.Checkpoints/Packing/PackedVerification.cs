using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>Checks what checksums do not tell of a <c>.galvani</c> file: whether packing can have made its projections, and whether a tensor that is in it twice is the same twice.</summary>
internal static class PackedVerification
{
    // An integer is the nearest to what it stands for; the rounding of scale and product comes on top.
    private const double HalfAStep = 0.501;

    /// <summary>What is wrong.</summary>
    /// <param name="checkpoint">An open file.</param>
    /// <param name="cancellationToken">Checked between projections.</param>
    public static IEnumerable<string> Check(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        foreach (var projection in checkpoint.Packing?.Projections ?? [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Check(projection) is { } problem)
                yield return $"{problem} ({checkpoint.FilePath}: {projection.EntryName})";
        }
    }

    private static string? Check(PackedProjection projection)
    {
        try
        {
            if (StoredWeight.HasImpossibleIntegers(projection.Weight))
                return "The projection has integers beyond those of its format";
        }
        catch (CheckpointFormatException exception)
        {
            return exception.Problem;
        }

        for (var i = 0; i < projection.Tensors.Count; i++)
        {
            var (part, view) = (projection.Parts[i], projection.Tensors[i]);
            if (part.StorageKey.Length == 0 && !IsSame(projection, part, view))
                return $"The projection is not that of {part.ObjectPath}, which the file holds, too";
        }

        return null;
    }

    private static bool IsSame(PackedProjection projection, PackedPart part, TensorView view)
    {
        var (packed, own) = (new float[projection.InputWidth], new float[projection.InputWidth]);
        for (var row = 0; row < part.RowCount; row++)
        {
            projection.Weight.ReadElements((long)(part.FirstRow + row) * projection.InputWidth, packed);
            view.ReadRow(row, own);
            if (!(projection.Format == ProductFormat.Single ? HaveSameBits(packed, own) : IsRounded(packed, own, projection.Format == ProductFormat.Int8 ? 63 : 127)))
                return false;
        }

        return true;
    }

    private static bool HaveSameBits(float[] packed, float[] own) => packed.Zip(own).All(pair => BitConverter.SingleToInt32Bits(pair.First) == BitConverter.SingleToInt32Bits(pair.Second));

    /// <summary>Whether integers stand for the numbers to the nearest step, or the last one for those beyond it; steps reach at least four fifths of the largest.</summary>
    private static bool IsRounded(float[] packed, float[] own, int largest)
    {
        const double LeastReach = 0.79;
        double reach = packed.Max(MathF.Abs);
        return reach >= LeastReach * own.Max(MathF.Abs) && packed.Zip(own).All(pair => Math.Abs(pair.First - Math.Clamp(pair.Second, -reach, reach)) <= HalfAStep * reach / largest);
    }
}
