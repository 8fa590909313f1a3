using System.Runtime.InteropServices;

namespace Galvani.VocabularyMaps;

/// <summary>Sentences, each with pieces of its translation that have a weight, as numbers of their pieces.</summary>
internal sealed class PairCorpus
{
    private readonly List<int> source = [];
    private readonly List<int> target = [];
    private readonly List<float> weights = []; // of each target piece
    private readonly List<int> sourceStarts = [0];
    private readonly List<int> targetStarts = [0];

    /// <summary>The pieces of the source side.</summary>
    public PieceTable SourcePieces { get; } = new();

    /// <summary>The pieces of the target side.</summary>
    public PieceTable TargetPieces { get; } = new();

    /// <summary>The number of pairs.</summary>
    public int Count => sourceStarts.Count - 1;

    /// <summary>The pieces of all pairs, both sides.</summary>
    public long TokenCount => (long)source.Count + target.Count;

    /// <summary>All pieces of the source side.</summary>
    public int SourceTokenCount => source.Count;

    /// <summary>All pieces of the target side.</summary>
    public int TargetTokenCount => target.Count;

    /// <summary>Adds a pair.</summary>
    /// <param name="sourcePieces">The sentence.</param>
    /// <param name="targetPieces">Pieces of its translation.</param>
    /// <param name="targetWeights">The weight of each of them.</param>
    public void Add(IEnumerable<string> sourcePieces, IEnumerable<string> targetPieces, IEnumerable<float> targetWeights)
    {
        source.AddRange(sourcePieces.Select(SourcePieces.Add));
        target.AddRange(targetPieces.Select(TargetPieces.Add));
        weights.AddRange(targetWeights);
        sourceStarts.Add(source.Count);
        targetStarts.Add(target.Count);
    }

    /// <summary>The source side of a pair.</summary>
    public ReadOnlySpan<int> Source(int pair) => CollectionsMarshal.AsSpan(source)[sourceStarts[pair]..sourceStarts[pair + 1]];

    /// <summary>The target side of a pair.</summary>
    public ReadOnlySpan<int> Target(int pair) => CollectionsMarshal.AsSpan(target)[targetStarts[pair]..targetStarts[pair + 1]];

    /// <summary>The weights of <see cref="Target"/>.</summary>
    public ReadOnlySpan<float> Weights(int pair) => CollectionsMarshal.AsSpan(weights)[targetStarts[pair]..targetStarts[pair + 1]];

    /// <summary>Where a pair's target side stands among all target pieces.</summary>
    public int TargetStart(int pair) => targetStarts[pair];

    /// <summary>Where a pair's source side stands among all source pieces.</summary>
    public int SourceStart(int pair) => sourceStarts[pair];
}
