using System.Globalization;

namespace Galvani.Models.OpenNmt;

/// <summary>A model in words and numbers, for people.</summary>
public static class ArchitectureDescription
{
    /// <summary>Lines such as <c>layers: encoder 4, decoder 3</c>: a label and what it says.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(OpenNmtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var problems = new List<string>();
        var config = OpenNmtConfig.Describe(checkpoint, problems);
        var lines = new List<KeyValuePair<string, string>>
        {
            new("kind", config.Task == ModelTask.LanguageModel ? "Transformer language model (decoder only), pre-norm" : "Transformer encoder-decoder, pre-norm"),
            new("layers", config.Task == ModelTask.LanguageModel ? Text($"{config.DecoderLayerCount}") : Text($"encoder {config.EncoderLayerCount}, decoder {config.DecoderLayerCount}")),
            new("width", Text($"{config.ModelWidth} in {config.HeadCount} heads of {config.HeadWidth}{KeyValueHeads(config)}")),
            new("feed-forward", Text($"{config.FeedForwardWidth} ({Ratio(config)} the width), {ActivationName(config.Activation)}{Experts(config)}")),
            new("norm", Text($"{NormName(config.Norm)}, epsilon {config.NormEpsilon:R}")),
            new("positions", Positions(config, checkpoint)),
            new("biases", Biases(config)),
            new("sharing", Sharing(config)),
        };
        if (Extras(config) is { Length: > 0 } extras)
            lines.Add(new("besides", extras));
        if (problems.Count > 0)
            lines.Add(new("not supported", string.Join("; ", problems)));
        return lines;
    }

    private static string KeyValueHeads(ModelConfig config) =>
        config.KeyValueHeadCount == config.HeadCount ? "" : Text($", {config.KeyValueHeadCount} for keys and values");

    private static string Ratio(ModelConfig config) =>
        config.ModelWidth == 0 ? "?" : Text($"{(double)config.FeedForwardWidth / config.ModelWidth:0.##} x");

    private static string Experts(ModelConfig config) =>
        config.ExpertCount == 0 ? "" : Text($"; decoder: {config.ExpertCount} experts, {config.ExpertsPerToken} a token");

    private static string ActivationName(Activation activation) => activation switch
    {
        Activation.Gelu => "gelu",
        Activation.Silu => "silu, gated",
        Activation.GatedGelu => "gelu, gated",
        _ => "relu",
    };

    private static string NormName(NormKind norm) => norm switch
    {
        NormKind.Rms => "RMS norm",
        NormKind.Unbiased => "layer norm with unbiased deviation",
        _ => "layer norm",
    };

    private static string Positions(ModelConfig config, OpenNmtCheckpoint checkpoint) => config.Positions switch
    {
        PositionScheme.SinusoidalInterleaved => $"interleaved sinusoids{Rows(checkpoint)}; tokens times sqrt(width)",
        PositionScheme.SinusoidalConcat => $"sines, then cosines{Rows(checkpoint)}; tokens times sqrt(width)",
        PositionScheme.Rotary => Text($"rotary, {(config.RotaryInterleaved ? "interleaved" : "halves")}, base {config.RotaryBase:R}{(config.RotaryWidth > 0 ? Text($", {config.RotaryWidth} of {config.HeadWidth} components") : "")}"),
        PositionScheme.Alibi => "linear biases (ALiBi)",
        PositionScheme.Shaw => Text($"relative vectors (Shaw), distances up to {config.MaximumRelativePosition}"),
        PositionScheme.BucketBias => Text($"relative biases (T5), {config.RelativeBucketCount} buckets up to distance {config.MaximumRelativePosition}"),
        _ => "none",
    };

    private static string Rows(OpenNmtCheckpoint checkpoint)
    {
        var table = checkpoint.Find(OpenNmtNames.SourcePositions) ?? checkpoint.Find(OpenNmtNames.TargetPositions);
        return table is null || table.View.Rank == 0 ? "" : Text($", {table.View.Shape[0]} rows");
    }

    private static string Biases(ModelConfig config) => (config.HasAttentionBias, config.HasFeedForwardBias) switch
    {
        (true, true) => "in attention and feed-forward",
        (true, false) => "in attention, none in feed-forward",
        (false, true) => "in feed-forward, none in attention",
        _ => "none in attention and feed-forward",
    };

    private static string Sharing(ModelConfig config) => (config.SharesEmbeddings, config.SharesGenerator) switch
    {
        (true, true) => "source embedding = target embedding = generator weight",
        (true, false) => "source embedding = target embedding",
        (false, true) => "target embedding = generator weight",
        _ => "nothing shared",
    };

    private static string Extras(ModelConfig config)
    {
        var extras = new List<string>();
        if (config.IsParallelResidual)
            extras.Add(config.SharesLayerNorm ? "attention and feed-forward side by side, one norm" : "attention and feed-forward side by side");
        if (config.IsAverageAttention)
            extras.Add("average attention in the decoder");
        if (config.SlidingWindow > 0)
            extras.Add(Text($"sliding window of {config.SlidingWindow} in the decoder"));
        if (config.FeatureCount > 0)
            extras.Add(Text($"{config.FeatureCount} source feature{(config.FeatureCount == 1 ? "" : "s")}, merged by {MergeName(config.FeatureMerge)}"));
        if (config.IsCopyModel)
            extras.Add("copy attention");
        return string.Join("; ", extras);
    }

    private static string MergeName(FeatureMerge merge) => merge switch
    {
        FeatureMerge.Sum => "sum",
        FeatureMerge.Projection => "projection",
        _ => "concatenation",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
