using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// Keeps the options of sharing true. OpenNMT-py ties tensors by its options when it loads a file, whatever the file says, so an option that promises what is
/// no longer so would replace one tensor by another.
/// </summary>
internal static class SharingOptions
{
    /// <summary>Takes back what no longer holds.</summary>
    /// <param name="edits">The options.</param>
    /// <param name="config">The configuration they come from.</param>
    /// <param name="find">The new model's tensors by present name.</param>
    public static void Correct(OptionEdits edits, ModelConfig config, Func<string, TensorView?> find)
    {
        if (config.SharesEmbeddings && !AreOne(find(OpenNmtNames.SourceEmbedding), find(OpenNmtNames.TargetEmbedding)))
            edits.SetFlag("share_embeddings", false);
        if (config.SharesGenerator && !AreOne(find(OpenNmtNames.TargetEmbedding), find(OpenNmtNames.GeneratorWeight) ?? find(OpenNmtNames.CopyGeneratorWeight)))
            edits.SetFlag("share_decoder_embeddings", false);
    }

    /// <summary>Tensors of a file whose values differ though its options say that they are one: OpenNMT-py would put one in the place of the other. All values of both are read.</summary>
    /// <param name="checkpoint">The file, which is whole.</param>
    /// <param name="config">The configuration its options give.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    public static IEnumerable<string> Contradictions(OpenNmtCheckpoint checkpoint, ModelConfig config, CancellationToken cancellationToken)
    {
        if (config.SharesEmbeddings && Contradiction(checkpoint, OpenNmtNames.SourceEmbedding, OpenNmtNames.TargetEmbedding, cancellationToken) is { } ofEmbeddings)
            yield return $"{ofEmbeddings} (from option share_embeddings)";
        var isQuantized = checkpoint.Checkpoint.Packing is { Format: not ProductFormat.Single }; // what 8 bits stand for is not what the embedding was
        var generator = checkpoint.Find(OpenNmtNames.GeneratorWeight) is null ? OpenNmtNames.CopyGeneratorWeight : OpenNmtNames.GeneratorWeight;
        if (config.SharesGenerator && !isQuantized && Contradiction(checkpoint, OpenNmtNames.TargetEmbedding, generator, cancellationToken) is { } ofGenerator)
            yield return $"{ofGenerator} (from option share_decoder_embeddings)";
    }

    private static string? Contradiction(OpenNmtCheckpoint checkpoint, string firstName, string secondName, CancellationToken cancellationToken)
    {
        var (first, second) = (checkpoint.Find(firstName)?.View, checkpoint.Find(secondName)?.View);
        if (AreOne(first, second))
            return null;
        if (!first!.Shape.SequenceEqual(second!.Shape))
            return $"{secondName} has shape [{string.Join(", ", second.Shape)}], {firstName} [{string.Join(", ", first.Shape)}], expected one tensor";
        var differing = TensorDifference.Compute(first, second, cancellationToken).DifferentCount;
        return differing == 0 ? null : $"{secondName} differs from {firstName} in {differing} of {first.ElementCount} elements, expected one tensor";
    }

    /// <summary>Whether two tensors are one; where one is missing, nothing is known to differ.</summary>
    private static bool AreOne(TensorView? first, TensorView? second) => first is null || second is null || first.IsSameViewAs(second);
}
