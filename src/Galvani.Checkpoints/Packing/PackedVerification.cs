using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>Checks what checksums do not tell of a <c>.galvani</c> file: whether packing can have made its projections, and whether a tensor that is in it twice is the same twice.</summary>
internal static class PackedVerification
{
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
        var own = new float[projection.InputWidth];
        for (var row = 0; row < part.RowCount; row++)
        {
            view.ReadRow(row, own);
            if (!StoredWeight.IsMadeOf(projection.Weight, part.FirstRow + row, own))
                return false;
        }

        return true;
    }
}
