using Galvani.Checkpoints;

namespace Galvani;

/// <summary>How rotary positions pair the components of a head.</summary>
public enum RotaryPairs
{
    /// <summary>As the checkpoint records; where it does not, as the release that wrote it trained (3.1 to 3.4: interleaved).</summary>
    Recorded,

    /// <summary>Neighbours: (0, 1), (2, 3) ...</summary>
    Interleaved,

    /// <summary>The two halves: (0, K/2), (1, K/2 + 1) ...</summary>
    Halves,
}

/// <summary>The numbers that a model's projections are held in and multiplied with. Embeddings, norms, attention and sums are in single precision always.</summary>
public enum ComputeType
{
    /// <summary>What a <c>.galvani</c> file holds; single precision for every other file.</summary>
    AsStored,

    /// <summary>Single precision, as the model was trained.</summary>
    Float32,

    /// <summary>
    /// 8 bits, fast: weights in ±127, those whose products meet in 16 bits together in ±128 (of most projections four, of the keys and values of cross-attention two), with a scale an output, inputs in 255 steps with a scale a row,
    /// quantised at run time; self-attention and the output projection, on which most depends, as <see cref="Int8Exact"/> has them.
    /// </summary>
    Int8,

    /// <summary>8 bits, more exact: weights in ±127, inputs in 16 bits.</summary>
    Int8Exact,
}

/// <summary>How a model is opened. Everything has a default; what the checkpoint records is taken where nothing is given.</summary>
public sealed record NmtModelOptions
{
    /// <summary>What errors call the choice of a corpus.</summary>
    internal const string CorpusName = $"{nameof(NmtModelOptions)}.{nameof(Corpus)}";

    /// <summary>The tokenizer's file; null: the one that the checkpoint names, in its own folder.</summary>
    public string? TokenizerPath { get; init; }

    /// <summary>The transforms to apply; null: those that the checkpoint records.</summary>
    public IReadOnlyList<string>? Transforms { get; init; }

    /// <summary>The corpus whose transforms and prefixes to take, where the corpora differ; null: they must agree.</summary>
    public string? Corpus { get; init; }

    /// <summary>Text in front of every source line, for the transform <c>prefix</c>; null: what the checkpoint records.</summary>
    public string? SourcePrefix { get; init; }

    /// <summary>
    /// The source features of lines that carry none, joined by <c>￨</c>; null: what the checkpoint records as <c>src_feats_defaults</c>. Where neither is given, lines must carry them.
    /// </summary>
    public string? SourceFeatureDefaults { get; init; }

    /// <summary>How the components of rotary positions pair up; by default what the checkpoint records or was trained with.</summary>
    public RotaryPairs RotaryPairs { get; init; }

    /// <summary>The target side's tokenizer; null: <see cref="TokenizerPath"/>, else the one that the checkpoint names for the target.</summary>
    public string? TargetTokenizerPath { get; init; }

    /// <summary>Target text that every translation begins with, and that its text then lacks; null: what the checkpoint records for the transform <c>prefix</c>; empty: none.</summary>
    public string? TargetPrefix { get; init; }

    /// <summary>
    /// The threads that share the work of one call, the caller's included: parts of a batch side by side, or one product together. Default 1: calls by several threads side by side each have their own. Results do not depend on it.
    /// </summary>
    public int ThreadCount { get; init; } = 1;

    /// <summary>The numbers that projections are computed in. Default <see cref="ComputeType.AsStored"/>. A <c>.galvani</c> file is computed in what it holds, and in nothing else.</summary>
    public ComputeType Compute { get; init; }

    /// <summary>Bounds on what the file may make the reader do.</summary>
    public CheckpointLimits Limits { get; init; } = CheckpointLimits.Default;
}
