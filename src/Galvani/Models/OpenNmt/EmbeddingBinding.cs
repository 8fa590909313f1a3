using Galvani.Checkpoints;
using Galvani.Models.Layers;

namespace Galvani.Models.OpenNmt;

/// <summary>Makes embedding layers from a checkpoint's tensors.</summary>
internal static class EmbeddingBinding
{
    /// <summary>The source's embedding; a language model's is its decoder's.</summary>
    /// <exception cref="WeightMismatchException">Tensors are missing or do not fit; all are named.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file holds only a low-rank adaptation.</exception>
    public static EmbeddingLayer Source(OpenNmtCheckpoint checkpoint, ModelConfig config)
    {
        if (checkpoint.IsLowRankAdaptation)
            throw new UnsupportedCheckpointException($"This file holds only a low-rank adaptation (LoRA), which must be merged into its base model first: galvani merge-lora BASE {checkpoint.Checkpoint.FilePath} -o OUT.");
        return config.Task == ModelTask.SequenceToSequence ? Bind(checkpoint, config, OpenNmtNames.SourceEmbedding, OpenNmtNames.SourcePositions, config.FeatureCount) : Target(checkpoint, config);
    }

    /// <summary>The target's embedding; a language model's only one. Where the file lacks it and the options say that it is the source's, it is.</summary>
    /// <exception cref="WeightMismatchException">Tensors are missing or do not fit; all are named.</exception>
    public static EmbeddingLayer Target(OpenNmtCheckpoint checkpoint, ModelConfig config)
    {
        var isSource = config.SharesEmbeddings && checkpoint.Find(OpenNmtNames.TargetEmbedding) is null;
        return Bind(checkpoint, config, isSource ? OpenNmtNames.SourceEmbedding : OpenNmtNames.TargetEmbedding, OpenNmtNames.TargetPositions, featureCount: 0);
    }

    private static EmbeddingLayer Bind(OpenNmtCheckpoint checkpoint, ModelConfig config, string words, string table, int featureCount)
    {
        var problems = new List<string>();
        var tables = new List<EmbeddingTable>();
        Add(words);
        for (var feature = 1; feature <= featureCount; feature++)
            Add(OpenNmtNames.SourceFeature(feature));
        if (config.HasPositionalTable && checkpoint.Find(table) is null)
            problems.Add($"{table} is missing, expected by option position_encoding");
        if (problems.Count > 0)
            throw new WeightMismatchException($"{string.Join("; ", problems)} ({checkpoint.Checkpoint.FilePath})");
        var projects = featureCount > 0 && config.FeatureMerge == FeatureMerge.Projection;
        var layer = new EmbeddingLayer(
            tables, featureCount == 0 ? FeatureMerge.Sum : config.FeatureMerge,
            projects ? checkpoint.Require(OpenNmtNames.FeatureProjection).ToSingles() : [],
            projects ? checkpoint.Require(OpenNmtNames.FeatureProjectionBias).ToSingles() : [],
            config.HasPositionalTable ? new EmbeddingTable(checkpoint.Require(table)) : null);
        if (layer.Positions is { } positions && positions.Width != layer.Width)
            throw new WeightMismatchException($"{table} has rows of {positions.Width}, expected {layer.Width}, the width of an embedded token ({checkpoint.Checkpoint.FilePath})");
        return layer;

        void Add(string name)
        {
            if (checkpoint.Find(name) is not { } tensor)
                problems.Add($"{name} is missing");
            else if (tensor.View.Rank != 2 || tensor.View.Shape[0] == 0)
                problems.Add($"{name} has shape [{string.Join(", ", tensor.View.Shape)}], expected [vocabulary, width]");
            else
                tables.Add(new EmbeddingTable(tensor.View));
        }
    }
}
