using Galvani.Models;

namespace Galvani.Cli.Bench;

/// <summary>What one row of a decoder step costs at least: the products with the weights of the layers and of the output, without attention, norms and the choice of tokens.</summary>
/// <param name="WeightCount">The weights that a step reads, each once whatever the rows; a row takes a multiplication and an addition for each.</param>
internal readonly record struct DecoderWork(long WeightCount)
{
    /// <summary>Operations of a row.</summary>
    public long OperationsPerRow => 2 * WeightCount;

    /// <summary>Counts the weights of a model.</summary>
    /// <param name="config">The model.</param>
    /// <param name="vocabularyCount">V of the target.</param>
    public static DecoderWork Of(ModelConfig config, int vocabularyCount)
    {
        long width = config.ModelWidth;
        long keyValueWidth = (long)config.KeyValueHeadCount * config.HeadWidth;
        var selfAttention = config.IsAverageAttention ? 4 * width * width + (config.AverageAttentionHasFeedForward ? 2 * width * width : 0) : 2 * width * width + 2 * width * keyValueWidth;
        var crossAttention = config.Task == ModelTask.SequenceToSequence ? 2 * width * width : 0; // its keys and values are made once a sentence
        var isGated = config.Activation is Activation.Silu or Activation.GatedGelu;
        var feedForward = (isGated ? 3 : 2) * width * config.FeedForwardWidth * Math.Max(1, config.ExpertsPerToken * (config.ExpertCount > 0 ? 1 : 0));
        return new DecoderWork(config.DecoderLayerCount * (selfAttention + crossAttention + feedForward) + width * vocabularyCount);
    }
}
