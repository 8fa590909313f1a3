using Galvani.Embeddings;

namespace Galvani;

/// <summary>Whether token vectors are scaled before positions are added.</summary>
public enum EmbeddingScaling
{
    /// <summary>The plain sum of token vector and positional row, as the study made it.</summary>
    Study,

    /// <summary>Token vectors times sqrt(D) first, as the model itself does it where it has a positional table.</summary>
    Model,
}

/// <summary>Which vectors make a token's row.</summary>
public enum VectorParts
{
    /// <summary>Token vector plus positional row; the token vector alone where the model has no positional table.</summary>
    Sum,

    /// <summary>The token vector.</summary>
    Tokens,

    /// <summary>The positional row.</summary>
    Positions,
}

/// <summary>How text becomes vectors.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>The scaling of token vectors. Default <see cref="EmbeddingScaling.Study"/>.</summary>
    public EmbeddingScaling Scaling { get; init; } = EmbeddingScaling.Study;

    /// <summary>Which vectors are taken. Default <see cref="VectorParts.Sum"/>.</summary>
    public VectorParts Parts { get; init; } = VectorParts.Sum;

    /// <summary>
    /// The states taken. Default <see cref="StateLayer.Static"/>: no layer is run. With any other the model is run as it is: its own scaling and positions, whatever <see cref="Scaling"/> says, and
    /// <see cref="Parts"/> must be <see cref="VectorParts.Sum"/>.
    /// </summary>
    public StateLayer Layer { get; init; } = StateLayer.Static;

    /// <summary>The components kept; null for all (the default). Cut first, then centred.</summary>
    public DimensionRange? Dimensions { get; init; }

    /// <summary>Whether each vector is centred by its own mean. Default false.</summary>
    public bool IsCentered { get; init; }
}
