using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>How to merge a low-rank adaptation.</summary>
public sealed record LowRankMergeOptions
{
    /// <summary>The alpha of the scale alpha / rank, a number within the range of float32; null takes <c>lora_alpha</c> of the adaptation's options. Default null.</summary>
    public double? Alpha { get; init; }
}

/// <summary>What a merge did.</summary>
/// <param name="File">What was written.</param>
/// <param name="Merged">The matrices that were changed.</param>
/// <param name="Replaced">The tensors, such as biases, that were taken from the adaptation's file as they are.</param>
/// <param name="Alpha">The alpha of the scale.</param>
/// <param name="Rank">The rank of the adaptation; the scale is alpha / rank.</param>
/// <param name="Changes">Options that changed, one sentence each.</param>
/// <param name="Overflows">Matrices in which sums became infinite, beyond the range of their type.</param>
public sealed record LowRankMergeReport(
    WrittenCheckpoint File, IReadOnlyList<string> Merged, IReadOnlyList<string> Replaced, double Alpha, int Rank, IReadOnlyList<string> Changes, IReadOnlyList<CastOverflow> Overflows);

/// <summary>
/// Merges a low-rank adaptation (LoRA, Hu et al. 2021) into its base model, so that it can be used: W + alpha / rank · B · A; for embeddings, whose factors are those of
/// the transpose, W + alpha / rank · (B · A)ᵀ. An adapted matrix that shared its storage with others no longer does, because only it was adapted; the options are
/// corrected.
/// </summary>
public static class LowRankMerge
{
    /// <summary>Merges an adaptation.</summary>
    /// <param name="baseModel">The whole model that was adapted.</param>
    /// <param name="adaptation">The file with the factors.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="options">The scale; null for the recorded one.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The alpha is no finite number of float32.</exception>
    /// <exception cref="UnsupportedCheckpointException">A file is not what it should be, or no alpha is recorded that is a finite number of float32.</exception>
    /// <exception cref="WeightMismatchException">Factors do not fit the base; all are named.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static LowRankMergeReport Run(
        OpenNmtCheckpoint baseModel, OpenNmtCheckpoint adaptation, CheckpointDestination destination, LowRankMergeOptions? options = null, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(adaptation);
        ArgumentNullException.ThrowIfNull(destination);
        if (options?.Alpha is { } given && !IsUsable(given))
            throw new ArgumentException(FormattableString.Invariant($"Alpha is {given}, expected a finite number of float32."), nameof(options));
        CheckRoles(baseModel, adaptation);
        var factors = LowRankFactors.Read(baseModel, adaptation);
        var alpha = options?.Alpha ?? RecordedAlpha(adaptation);
        var results = new Dictionary<string, PickleTensor>(StringComparer.Ordinal);
        var overflows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var factor in factors.Pairs)
            results.Add(factor.Name, Merge(baseModel.Require(factor.Name), factor, alpha / factor.Rank, lost => overflows[factor.Name] = overflows.GetValueOrDefault(factor.Name) + lost));
        foreach (var tensor in factors.Replaced)
            results.Add(tensor.Name, new PickleTensor(tensor.View));
        var (file, changes) = Write(baseModel, results, destination, progress, cancellationToken);
        return new LowRankMergeReport(
            file, [.. factors.Pairs.Select(pair => pair.Name)], [.. factors.Replaced.Select(tensor => tensor.Name)], alpha, factors.Pairs[0].Rank, changes,
            [.. overflows.Select(entry => new CastOverflow(entry.Key, entry.Value))]);
    }

    private static (WrittenCheckpoint File, IReadOnlyList<string> Changes) Write(
        OpenNmtCheckpoint baseModel, Dictionary<string, PickleTensor> results, CheckpointDestination destination, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var edits = new OptionEdits(baseModel);
        SharingOptions.Correct(edits, OpenNmtConfig.Describe(baseModel, []), name => results.GetValueOrDefault(name)?.View ?? baseModel.Find(name)?.View);
        var replaced = new Dictionary<string, PickleValue>(StringComparer.Ordinal);
        if (edits.Build() is { } edited)
            replaced.Add("opt", edited);
        var tensors = baseModel.Tensors.Select(tensor => KeyValuePair.Create(tensor.FileName, results.GetValueOrDefault(tensor.Name) ?? new PickleTensor(tensor.View)));
        return (CheckpointFile.Write(destination, ModelContent.Rebuilt(baseModel, [.. tensors], replaced), progress, cancellationToken), edits.Changes);
    }

    private static PickleTensor Merge(TensorView matrix, LowRankPair pair, double scale, Action<long> overflowed) => CheckpointTree.Computed(
        matrix.DType, matrix.Shape,
        OpenNmtNames.IsEmbedding(pair.Name) ? LowRankSum.OfTransposed(matrix, pair.Left, pair.Right, scale, overflowed) : LowRankSum.Of(matrix, pair.Left, pair.Right, scale, overflowed));

    private static void CheckRoles(OpenNmtCheckpoint baseModel, OpenNmtCheckpoint adaptation)
    {
        var (basePath, path) = (baseModel.Checkpoint.FilePath, adaptation.Checkpoint.FilePath);
        if (!adaptation.Tensors.Any(tensor => OpenNmtNames.IsLowRank(tensor.Name)))
        {
            throw new UnsupportedCheckpointException(baseModel.IsLowRankAdaptation
                ? $"{basePath} is the adaptation and {path} the base model; expected the base first: merge-lora {path} {basePath}."
                : $"{path} is no low-rank adaptation: it has no tensor named {OpenNmtNames.LowRankRight} or {OpenNmtNames.LowRankLeft}.");
        }

        if (baseModel.Tensors.Any(tensor => OpenNmtNames.IsLowRank(tensor.Name)))
            throw new UnsupportedCheckpointException($"{basePath} has low-rank factors itself; expected the whole base model that was adapted.");
    }

    private static double RecordedAlpha(OpenNmtCheckpoint adaptation)
    {
        var path = adaptation.Checkpoint.FilePath;
        if (!adaptation.Options.IsInFile("lora_alpha"))
            throw new UnsupportedCheckpointException($"{path} does not record lora_alpha, which the scale alpha / rank needs; give it by {nameof(LowRankMergeOptions)}.{nameof(LowRankMergeOptions.Alpha)}.");
        var alpha = adaptation.Options.Number("lora_alpha");
        return IsUsable(alpha)
            ? alpha
            : throw new UnsupportedCheckpointException(FormattableString.Invariant($"{path} records lora_alpha {alpha}, expected a finite number of float32; give it by {nameof(LowRankMergeOptions)}.{nameof(LowRankMergeOptions.Alpha)}."));
    }

    /// <summary>Whether products with factors in float32 stay finite in double precision.</summary>
    private static bool IsUsable(double alpha) => float.IsFinite((float)alpha);
}
