namespace Galvani.Models.Weights;

/// <summary>
/// The projections that a forward pass multiplies with, in the order of the pass: what a <c>.galvani</c> file holds packed. Gates, which have few outputs and decide rather than compute, are none of them.
/// </summary>
internal static class Projections
{
    /// <summary>Those of an encoder.</summary>
    public static IEnumerable<Linear> Of(EncoderWeights encoder) => encoder.Layers.SelectMany(layer => OfSelf(layer.Attention).Concat(Of(layer.FeedForward)));

    /// <summary>Those of a decoder with its output projection.</summary>
    public static IEnumerable<Linear> Of(DecoderWeights decoder) => decoder.Layers.SelectMany(Of).Append(decoder.Generator);

    private static IEnumerable<Linear> Of(DecoderLayerWeights layer)
    {
        var attention = layer.AverageAttention is { } average ? Of(average.Transform).Append(average.Gates) : OfSelf(layer.SelfAttention!);
        var cross = layer.CrossAttention is { } weights ? (IEnumerable<Linear>)[weights.KeyValue, weights.Query, weights.Output] : [];
        var blocks = layer.Experts is { } experts ? experts.Experts.SelectMany(Of) : Of(layer.FeedForward);
        return [.. attention, .. cross, .. blocks];
    }

    private static IEnumerable<Linear> OfSelf(AttentionWeights attention) => [attention.QueryKeyValue, attention.Output];

    private static IEnumerable<Linear> Of(FeedForwardWeights? block)
    {
        if (block is null)
            return [];
        return block.Gate is { } gate ? [gate, block.Inner, block.Output] : [block.Inner, block.Output];
    }
}
