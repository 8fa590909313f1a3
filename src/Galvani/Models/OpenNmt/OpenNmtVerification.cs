using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>What a verification of a checkpoint's files found.</summary>
/// <param name="Files">The counts and problems of all its files together, those of the model behind those of the files.</param>
/// <param name="Content">What the file is, in words; null where it cannot be read.</param>
public sealed record ModelVerificationReport(VerificationReport Files, string? Content);

/// <summary>Checks a checkpoint's tensors against its options and vocabularies; everything that does not fit is reported together.</summary>
public static class OpenNmtVerification
{
    /// <summary>
    /// Verifies a file and the model in it, and in the split form each file that holds its weights, whether the others are whole or not. Tensors that are one by the options of sharing are compared by value where the
    /// files are whole.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ModelVerificationReport VerifyFiles(string path, CheckpointLimits? limits = null, CancellationToken cancellationToken = default)
    {
        string problem;
        try
        {
            using var checkpoint = OpenNmtCheckpoint.Open(path, limits);
            var reports = checkpoint.WeightFiles.Prepend(checkpoint.Checkpoint).Select(file => CheckpointVerifier.Verify(file, cancellationToken: cancellationToken));
            var files = Together(reports.ToList());
            var problems = files.Problems.Concat(Check(checkpoint)).Concat(SplitWeights.Unread(checkpoint.Checkpoint));
            if (files.Problems.Count == 0 && checkpoint.IsOpenNmt)
                problems = problems.Concat(SharingOptions.Contradictions(checkpoint, OpenNmtConfig.Describe(checkpoint, []), cancellationToken));
            return new ModelVerificationReport(files with { Problems = [.. problems] }, Describe(checkpoint));
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException or WeightMismatchException)
        {
            problem = exception.Message;
        }

        return new ModelVerificationReport(VerifyUnreadable(path, problem, limits, cancellationToken), Content: null);
    }

    private static string Describe(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Part is { } part ? $"partial: {part.Part}" : checkpoint.IsOpenNmt ? "OpenNMT-py checkpoint" : "tensors without options";

    /// <summary>Verifies each file by itself, where one cannot be read, or they do not fit together.</summary>
    private static VerificationReport VerifyUnreadable(string path, string problem, CheckpointLimits? limits, CancellationToken cancellationToken)
    {
        var weightFiles = WeightFiles(path, limits);
        if (weightFiles is null)
            return CheckpointVerifier.VerifyEntries(path, problem, limits, cancellationToken: cancellationToken);
        var files = Together([.. weightFiles.Prepend(path).Select(file => CheckpointVerifier.Verify(file, limits, cancellationToken: cancellationToken))]);
        return files.Problems.Contains(problem) ? files : files with { Problems = [.. files.Problems, problem] };
    }

    private static VerificationReport Together(IReadOnlyList<VerificationReport> reports) => new(
        [.. reports.SelectMany(report => report.Problems)], reports.Sum(report => report.EntryCount), reports.Sum(report => report.UncheckedEntryCount), reports.Sum(report => report.TensorCount),
        reports.Sum(report => report.Bytes));

    /// <summary>What does not fit.</summary>
    /// <param name="checkpoint">A checkpoint; one without options has nothing to check against.</param>
    public static IReadOnlyList<string> Check(OpenNmtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var problems = new List<string>();
        if (!checkpoint.IsOpenNmt)
            return problems;
        if (SplitWeights.Missing(checkpoint.Checkpoint, checkpoint.WeightFiles.Count) is { } missing)
            problems.Add(missing);
        var config = OpenNmtConfig.Describe(checkpoint, []);
        var isPartial = checkpoint.Part is not null || checkpoint.IsLowRankAdaptation;
        CheckVocabulary(checkpoint, OpenNmtNames.SourceEmbedding, checkpoint.Vocabularies?.Source, "vocab.src", problems);
        CheckVocabulary(checkpoint, OpenNmtNames.TargetEmbedding, checkpoint.Vocabularies?.Target, "vocab.tgt", problems);
        CheckVocabulary(checkpoint, OpenNmtNames.GeneratorWeight, checkpoint.Vocabularies?.Target, "vocab.tgt", problems);
        CheckVocabulary(checkpoint, OpenNmtNames.GeneratorBias, checkpoint.Vocabularies?.Target, "vocab.tgt", problems);
        foreach (var tensor in checkpoint.Tensors)
            CheckShape(tensor, config, problems);
        if (!isPartial)
        {
            CheckLayers(checkpoint, OpenNmtNames.EncoderLayers, config.EncoderLayerCount, "enc_layers", problems);
            CheckLayers(checkpoint, OpenNmtNames.DecoderLayers, config.DecoderLayerCount, "dec_layers", problems);
            CheckPresence(checkpoint, config, problems);
        }

        return problems;
    }

    /// <summary>The files that hold the weights of a file without any; null where it cannot be read.</summary>
    private static IReadOnlyList<string>? WeightFiles(string path, CheckpointLimits? limits)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path, limits);
            return SplitWeights.LacksWeights(checkpoint) ? SplitFiles.Find(path) : [];
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            return null;
        }
    }

    private static void CheckVocabulary(OpenNmtCheckpoint checkpoint, string name, IReadOnlyList<string>? tokens, string vocabulary, List<string> problems)
    {
        if (tokens is not null && checkpoint.Find(name) is { View: { Rank: > 0 } view } && view.Shape[0] != tokens.Count)
            problems.Add($"{name} has {view.Shape[0]} rows, {vocabulary} has {tokens.Count} tokens");
    }

    private static void CheckLayers(OpenNmtCheckpoint checkpoint, string prefix, int expected, string option, List<string> problems)
    {
        var layers = new SortedSet<int>();
        foreach (var tensor in checkpoint.Tensors)
        {
            if (OpenNmtNames.TryParseLayer(tensor.Name, prefix, out var layer, out _))
                layers.Add(layer);
        }

        // Without repetition in ascending order: right where the count and the last are.
        if (layers.Count != expected || layers.Count > 0 && layers.Max != expected - 1)
            problems.Add($"{prefix}N has layers {(layers.Count == 0 ? "none" : string.Join(", ", layers))}, expected {expected} from 0 on (option {option})");
    }

    private static void CheckPresence(OpenNmtCheckpoint checkpoint, ModelConfig config, List<string> problems)
    {
        var required = new List<string> { OpenNmtNames.TargetEmbedding };
        if (config.Task == ModelTask.SequenceToSequence)
            required.Add(OpenNmtNames.SourceEmbedding);
        if (config.HasPositionalTable)
            required.Add(config.Task == ModelTask.SequenceToSequence ? OpenNmtNames.SourcePositions : OpenNmtNames.TargetPositions);
        if (!config.IsCopyModel)
            required.AddRange([OpenNmtNames.GeneratorWeight, OpenNmtNames.GeneratorBias]);
        foreach (var name in required.Where(name => checkpoint.Find(name) is null))
            problems.Add($"{name} is missing");
    }

    private static void CheckShape(OpenNmtTensor tensor, ModelConfig config, List<string> problems)
    {
        var (d, f) = (config.ModelWidth, config.FeedForwardWidth);
        var keys = config.KeyValueHeadCount * config.HeadWidth;
        var last = tensor.Name.Split('.');
        var owner = last.Length >= 2 ? last[^2] : "";
        var isBias = last[^1] == "bias";
        long[]? expected = owner switch
        {
            "linear_query" or "final_linear" => isBias ? [d] : [d, d],
            "linear_keys" or "linear_values" => isBias ? [keys] : [keys, d],
            "w_1" or "w_3" when !tensor.Name.Contains("average_layer", StringComparison.Ordinal) => isBias ? [f] : [f, d],
            "w_2" when !tensor.Name.Contains("average_layer", StringComparison.Ordinal) => isBias ? [d] : [d, f],
            "layer_norm" or "layer_norm_1" or "layer_norm_2" or "layer_norm_res" => [d],
            "gating_layer" => isBias ? [2 * d] : [2 * d, 2 * d],
            _ => null,
        };
        if (expected is not null && !tensor.View.Shape.SequenceEqual(expected))
            problems.Add($"{tensor.Name} has shape {Shape(tensor.View)}, expected [{string.Join(", ", expected)}] (from options hidden_size, heads, num_kv, transformer_ff)");
    }

    private static string Shape(TensorView view) => $"[{string.Join(", ", view.Shape)}]";
}
