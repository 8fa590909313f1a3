using Galvani.Checkpoints.Tensors;

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

    /// <summary>Whether two tensors are one; where one is missing, nothing is known to differ.</summary>
    private static bool AreOne(TensorView? first, TensorView? second) => first is null || second is null || first.IsSameViewAs(second);
}
