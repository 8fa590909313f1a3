namespace Galvani.Models;

/// <summary>The encoder's states of a batch: the sentences' rows one after the other, without padding. Immutable.</summary>
internal sealed class EncodedBatch
{
    private readonly float[] states;
    private readonly int[] starts;

    /// <param name="sentences">B sentences.</param>
    /// <param name="states">[sum of S, D]; taken over.</param>
    public EncodedBatch(IReadOnlyList<Sentence> sentences, float[] states)
    {
        Sentences = sentences;
        this.states = states;
        starts = RowStarts(sentences);
    }

    /// <summary>B sentences.</summary>
    public IReadOnlyList<Sentence> Sentences { get; }

    /// <summary>[sum of S, D].</summary>
    public ReadOnlySpan<float> States => states;

    /// <summary>The rows of all sentences.</summary>
    public int RowCount => starts[^1];

    /// <summary>The first row of a sentence; of the number of sentences, the number of rows.</summary>
    public int Start(int sentence) => starts[sentence];

    /// <summary>S of a sentence.</summary>
    public int Length(int sentence) => starts[sentence + 1] - starts[sentence];

    /// <summary>Where each sentence's rows begin, and behind the last where they end.</summary>
    internal static int[] RowStarts(IReadOnlyList<Sentence> sentences)
    {
        var starts = new int[sentences.Count + 1];
        for (var b = 0; b < sentences.Count; b++)
            starts[b + 1] = checked(starts[b] + sentences[b].Length);
        return starts;
    }
}
