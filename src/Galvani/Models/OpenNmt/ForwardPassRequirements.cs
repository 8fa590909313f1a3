using Galvani.Checkpoints;
using Galvani.Kernels;

namespace Galvani.Models.OpenNmt;

/// <summary>What a model's options must fulfil to be run. Options that no value of ours stands for are refused where the configuration is made; here, those that do not fit together.</summary>
internal static class ForwardPassRequirements
{
    private const int LargestHeadCount = 1024;

    /// <summary>Checks a configuration.</summary>
    /// <param name="checkpoint">The file, to be named.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="format">How projections are held.</param>
    /// <exception cref="UnsupportedCheckpointException">Something does not fit; all of it is named.</exception>
    public static void Check(OpenNmtCheckpoint checkpoint, ModelConfig config, ProductFormat format)
    {
        var problems = new List<string>();
        if (checkpoint.IsLowRankAdaptation)
            problems.Add("this file holds only a low-rank adaptation (LoRA), which must be merged into its base model first");
        CheckWidths(config, problems);
        if (SplitWeights.Missing(checkpoint.Checkpoint, checkpoint.WeightFiles.Count) is { } missing)
            problems.Add(missing);
        else
            CheckCounts(config, checkpoint.Tensors.Count, problems);
        CheckPositions(config, problems);
        CheckVariants(config, problems);
        if (format != ProductFormat.Single && Math.Max(2 * config.ModelWidth, config.FeedForwardWidth) is var widest && widest > QuantizedMatrix.LargestInputWidth)
            problems.Add($"a width of {widest} is beyond {QuantizedMatrix.LargestInputWidth}, the widest that 8 bits compute without overflow");
        if (problems.Count > 0)
            throw new UnsupportedCheckpointException($"{string.Join("; ", problems)} ({checkpoint.Checkpoint.FilePath})");
    }

    private static void CheckWidths(ModelConfig config, List<string> problems)
    {
        if (config.ModelWidth <= 0 || config.ModelWidth % config.HeadCount != 0)
            problems.Add($"hidden_size {config.ModelWidth} is no multiple of heads {config.HeadCount}");
        if (config.HeadCount > LargestHeadCount)
            problems.Add($"heads is {config.HeadCount}, supported: up to {LargestHeadCount}");
        if (config.KeyValueHeadCount > config.HeadCount)
            problems.Add($"num_kv {config.KeyValueHeadCount} is more than heads {config.HeadCount}");
        if (config.FeedForwardWidth <= 0)
            problems.Add($"transformer_ff is {config.FeedForwardWidth}, expected a positive width");
        if (config.DecoderLayerCount <= 0 || (config.Task == ModelTask.SequenceToSequence && config.EncoderLayerCount <= 0))
            problems.Add($"enc_layers is {config.EncoderLayerCount} and dec_layers {config.DecoderLayerCount}, expected at least 1");
    }

    /// <summary>A layer and an expert have a tensor at least, so a file says by its tensors how many there can be.</summary>
    private static void CheckCounts(ModelConfig config, int tensorCount, List<string> problems)
    {
        if (config.EncoderLayerCount > tensorCount || config.DecoderLayerCount > tensorCount)
            problems.Add($"enc_layers is {config.EncoderLayerCount} and dec_layers {config.DecoderLayerCount}, the file has {tensorCount} tensors");
        else if (config.ExpertCount > tensorCount || (long)config.DecoderLayerCount * config.ExpertCount > tensorCount)
            problems.Add($"num_experts is {config.ExpertCount} in {config.DecoderLayerCount} layers, the file has {tensorCount} tensors");
    }

    private static void CheckPositions(ModelConfig config, List<string> problems)
    {
        var rotaryWidth = config.RotaryWidth == 0 ? config.HeadWidth : config.RotaryWidth;
        if (config.Positions == PositionScheme.Rotary && (rotaryWidth < 2 || rotaryWidth > config.HeadWidth || rotaryWidth % 2 != 0))
            problems.Add($"rotary_dim is {rotaryWidth}, expected an even number up to the width of a head, {config.HeadWidth}");
        if (config.Positions == PositionScheme.Rotary && config.RotaryInterleaved && rotaryWidth != config.HeadWidth)
            problems.Add($"rotary_interleave with rotary_dim {rotaryWidth}, supported: the whole head, {config.HeadWidth}");
        if (config.Positions == PositionScheme.BucketBias && (config.RelativeBucketCount < 4 || config.MaximumRelativePosition <= config.RelativeBucketCount / 2))
            problems.Add($"relative_positions_buckets {config.RelativeBucketCount} with max_relative_positions {config.MaximumRelativePosition}, expected at least 4 buckets and distances beyond half of them");
    }

    private static void CheckVariants(ModelConfig config, List<string> problems)
    {
        if (config.ExpertCount > 0 && (config.ExpertsPerToken < 1 || config.ExpertsPerToken > config.ExpertCount))
            problems.Add($"num_experts_per_tok is {config.ExpertsPerToken}, expected 1 to num_experts, {config.ExpertCount}");
        if (config.SlidingWindow < 0)
            problems.Add($"sliding_window is {config.SlidingWindow}, expected 0 or more");
        if (config.IsCopyModel && config.Task == ModelTask.LanguageModel)
            problems.Add("copy_attn in a language model, which has no source to copy from");
    }
}
