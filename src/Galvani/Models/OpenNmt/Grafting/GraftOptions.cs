namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>What becomes of the rows of tokens that a donor does not have.</summary>
public enum UnmatchedRows
{
    /// <summary>They stay as they are.</summary>
    Keep,

    /// <summary>They become zero.</summary>
    Zero,

    /// <summary>They become the mean of the donor's rows.</summary>
    Mean,
}

/// <summary>Layers of a donor that take the places of layers of the base.</summary>
/// <param name="Target">The places, counted after <see cref="GraftOptions.BaseLayers"/>; a place right behind the last makes the stack deeper.</param>
/// <param name="Donor">The model they come from; may be the base itself.</param>
/// <param name="Source">The donor's layers, one for each place.</param>
public sealed record LayerGraft(LayerRange Target, OpenNmtCheckpoint Donor, IReadOnlyList<int> Source);

/// <summary>What to put into a model. The steps are taken in the order of the properties. Donors must stay open until the file is written.</summary>
public sealed record GraftOptions
{
    /// <summary>
    /// The model whose whole encoder is taken: layers, final norm, source embedding with features and positions, source vocabulary, options that begin with <c>src_</c>.
    /// Default null: the base's.
    /// </summary>
    public OpenNmtCheckpoint? Encoder { get; init; }

    /// <summary>
    /// The model whose whole decoder is taken: layers, final norm, target embedding and positions, generator, target vocabulary, start token, options that begin with
    /// <c>tgt_</c>. Default null: the base's.
    /// </summary>
    public OpenNmtCheckpoint? Decoder { get; init; }

    /// <summary>The layers to keep, a side each, in this order: fewer make a stack shallower, repeated ones deeper. Default empty: all.</summary>
    public IReadOnlyList<LayerRange> BaseLayers { get; init; } = [];

    /// <summary>Single layers to take from donors. Default none.</summary>
    public IReadOnlyList<LayerGraft> Layers { get; init; } = [];

    /// <summary>The model whose source embedding gives the rows of the tokens that both have. Default null.</summary>
    public OpenNmtCheckpoint? SourceEmbedding { get; init; }

    /// <summary>The model whose target embedding gives the rows of the tokens that both have; a generator that is tied to it follows. Default null.</summary>
    public OpenNmtCheckpoint? TargetEmbedding { get; init; }

    /// <summary>The model whose generator gives the weight rows and biases of the tokens that both have. Default null.</summary>
    public OpenNmtCheckpoint? Generator { get; init; }

    /// <summary>The rows of tokens that the donor of an embedding or generator does not have. Default: they stay.</summary>
    public UnmatchedRows Unmatched { get; init; }

    /// <summary>
    /// The tokens to keep in both vocabularies; the specials are kept anyway. Rows of embeddings and generator go with them, ids are renumbered, the order stays.
    /// Default null: all.
    /// </summary>
    public IReadOnlyCollection<string>? KeptTokens { get; init; }
}
