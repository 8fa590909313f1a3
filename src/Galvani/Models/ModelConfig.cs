namespace Galvani.Models;

/// <summary>What a model is for.</summary>
public enum ModelTask
{
    /// <summary>Encoder and decoder: translation.</summary>
    SequenceToSequence,

    /// <summary>Decoder only.</summary>
    LanguageModel,
}

/// <summary>How a model knows where a token stands.</summary>
public enum PositionScheme
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A table of sines and cosines, alternating (Vaswani et al. 2017, 3.5), added to the token vectors.</summary>
    SinusoidalInterleaved,

    /// <summary>A table of sines and cosines, first all sines, added to the token vectors.</summary>
    SinusoidalConcat,

    /// <summary>Rotated queries and keys (Su et al. 2021).</summary>
    Rotary,

    /// <summary>A penalty that grows with the distance (Press et al. 2021).</summary>
    Alibi,

    /// <summary>Learned vectors for clipped distances (Shaw et al. 2018).</summary>
    Shaw,

    /// <summary>Learned biases for buckets of distances (Raffel et al. 2020).</summary>
    BucketBias,
}

/// <summary>The normalisation of a model.</summary>
public enum NormKind
{
    /// <summary>Layer norm (Ba et al. 2016), biased variance.</summary>
    Standard,

    /// <summary>Root-mean-square norm (Zhang and Sennrich 2019), no bias.</summary>
    Rms,

    /// <summary>Layer norm with the unbiased standard deviation and epsilon outside the root: OpenNMT-py before 0.6.</summary>
    Unbiased,
}

/// <summary>The activation of feed-forward blocks.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · Φ(x).</summary>
    Gelu,

    /// <summary>x · σ(x), gated by a third projection.</summary>
    Silu,

    /// <summary>gelu, gated by a third projection.</summary>
    GatedGelu,
}

/// <summary>How word and feature vectors become one vector.</summary>
public enum FeatureMerge
{
    /// <summary>Side by side.</summary>
    Concatenate,

    /// <summary>Added.</summary>
    Sum,

    /// <summary>Side by side, projected, relu.</summary>
    Projection,
}

/// <summary>What a Transformer is made of: toolkit-neutral, immutable. Dimensions: D width, H heads, K head width, F feed-forward width, V vocabulary.</summary>
public sealed record ModelConfig
{
    /// <summary>What the model is for.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>The number of encoder layers; 0 in a language model.</summary>
    public required int EncoderLayerCount { get; init; }

    /// <summary>The number of decoder layers.</summary>
    public required int DecoderLayerCount { get; init; }

    /// <summary>D.</summary>
    public required int ModelWidth { get; init; }

    /// <summary>H.</summary>
    public required int HeadCount { get; init; }

    /// <summary>G, the number of key and value heads; H unless heads share them.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>F.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>The activation of feed-forward blocks.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The normalisation.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>Keeps the norm's division finite.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>How positions are known.</summary>
    public required PositionScheme Positions { get; init; }

    /// <summary>The largest distance of Shaw and bucket schemes; 0 for others.</summary>
    public int MaximumRelativePosition { get; init; }

    /// <summary>The number of buckets of the bucket scheme; 0 for others.</summary>
    public int RelativeBucketCount { get; init; }

    /// <summary>Whether rotary pairs are neighbours (2i, 2i+1) instead of halves (i, i + K/2).</summary>
    public bool RotaryInterleaved { get; init; }

    /// <summary>The base of the rotary frequencies.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>The rotated components of a head; 0 for all.</summary>
    public int RotaryWidth { get; init; }

    /// <summary>Whether attention projections have biases.</summary>
    public bool HasAttentionBias { get; init; }

    /// <summary>Whether feed-forward projections have biases.</summary>
    public bool HasFeedForwardBias { get; init; }

    /// <summary>Whether attention and feed-forward stand side by side in a layer.</summary>
    public bool IsParallelResidual { get; init; }

    /// <summary>Whether the parallel branches share one norm.</summary>
    public bool SharesLayerNorm { get; init; }

    /// <summary>The number of experts of a decoder layer's feed-forward; 0 for none.</summary>
    public int ExpertCount { get; init; }

    /// <summary>The experts a token goes to.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>The window of decoder self-attention in tokens; 0 for none.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>Whether decoder self-attention is the running average (Zhang et al. 2018).</summary>
    public bool IsAverageAttention { get; init; }

    /// <summary>Whether the running average goes through a feed-forward block.</summary>
    public bool AverageAttentionHasFeedForward { get; init; }

    /// <summary>Whether source and target share their embedding.</summary>
    public bool SharesEmbeddings { get; init; }

    /// <summary>Whether the output projection is the target embedding.</summary>
    public bool SharesGenerator { get; init; }

    /// <summary>Whether the output copies from the source (See et al. 2017).</summary>
    public bool IsCopyModel { get; init; }

    /// <summary>The number of source features beside the word.</summary>
    public int FeatureCount { get; init; }

    /// <summary>How features are merged.</summary>
    public FeatureMerge FeatureMerge { get; init; }

    /// <summary>K.</summary>
    public int HeadWidth => HeadCount > 0 ? ModelWidth / HeadCount : 0;

    /// <summary>Whether a table of sinusoids is added to the token vectors, which are then multiplied by sqrt(D) first.</summary>
    public bool HasPositionalTable => Positions is PositionScheme.SinusoidalInterleaved or PositionScheme.SinusoidalConcat;
}
