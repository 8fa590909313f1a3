namespace Galvani;

/// <summary>What a model computes of a sentence on its way, and of a target sequence where one was given. Arrays are row-major and owned by this object.</summary>
public sealed record SentenceStates
{
    /// <summary>D.</summary>
    public required int Width { get; init; }

    /// <summary>H.</summary>
    public required int HeadCount { get; init; }

    /// <summary>[S, D], the embedded tokens, scaled and with positions as the model has it.</summary>
    public required float[] Embedded { get; init; }

    /// <summary>For each layer of the encoder (of the decoder, in a language model) its output, [S, D].</summary>
    public required IReadOnlyList<float[]> Layers { get; init; }

    /// <summary>[S, D], the last layer's output after the final norm.</summary>
    public required float[] Encoded { get; init; }

    /// <summary>For each layer of the encoder its self-attention, [H, S, S]: query by key. Empty in a language model.</summary>
    public required IReadOnlyList<float[]> EncoderAttention { get; init; }

    /// <summary>For each layer of the decoder its self-attention over the target, [H, T, T] (in a language model over the sentence, [H, S, S]); empty without a target, and where a running average stands for it.</summary>
    public IReadOnlyList<float[]> DecoderAttention { get; init; } = [];

    /// <summary>For each layer of the decoder its cross-attention, [H, T, S]; empty without a target.</summary>
    public IReadOnlyList<float[]> CrossAttention { get; init; } = [];

    /// <summary>The ids of the target with the start token, [T], whose rows the decoder's attention has; empty without a target.</summary>
    public IReadOnlyList<int> TargetIds { get; init; } = [];

    /// <summary>The states of a layer, [S, D].</summary>
    /// <param name="layer">Which.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public float[] Of(StateLayer layer)
    {
        if (layer.Number is not { } number)
            return layer == StateLayer.Last ? Encoded : Embedded;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Layers.Count, nameof(layer));
        return Layers[number];
    }
}
