namespace Galvani.VocabularyMaps;

/// <summary>How a vocabulary map is built.</summary>
public sealed record VocabularyMapOptions
{
    /// <summary>
    /// How much of a target piece an occurrence of a source piece must bring on average to list it: its probability there, summed over places and shared out among the sentence's pieces.
    /// The smaller, the longer the lists. Default 0.0005.
    /// </summary>
    public double SmallestRate { get; init; } = 0.0005;

    /// <summary>The most target pieces for each source n-gram. Default 1000.</summary>
    public int CandidateCount { get; init; } = 1000;

    /// <summary>The most target pieces that every sentence may use: those that come whatever the sentence is, most frequent first. Default 300.</summary>
    public int CommonCount { get; init; } = 300;

    /// <summary>The pieces of the longest source n-gram. An n-gram of several pieces lists only what its pieces do not. Default 1.</summary>
    public int LongestKey { get; init; } = 1;

    /// <summary>How often an n-gram of several pieces must occur. Default 3.</summary>
    public int SmallestKeyCount { get; init; } = 3;

    /// <summary>The most pieces of a line; a pair with a longer one is left out and counted. Default 250.</summary>
    public int LongestLine { get; init; } = 250;

    /// <summary>Checks everything at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (!(SmallestRate >= 0 && SmallestRate <= 1))
            throw new ArgumentOutOfRangeException(nameof(SmallestRate), SmallestRate, "A rate is from 0 to 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(CandidateCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(CommonCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestKey, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SmallestKeyCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestLine, 1);
    }
}
