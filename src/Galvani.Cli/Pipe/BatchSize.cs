namespace Galvani.Cli.Pipe;

/// <summary>How many lines are worked on together. It changes when output comes, never what it is. Safe for use by several threads.</summary>
internal sealed class BatchSize
{
    private const int FixedLines = 128;

    // A model's whole batch: with fewer lines the same weights are read for less work.
    private const int SmallestLines = 32;
    private const int LargestLines = 1024;

    private readonly bool isFixed;
    private readonly TimeSpan quick;
    private readonly TimeSpan slow;
    private volatile int current;

    private BatchSize(int first) => (current, isFixed) = (first, true);

    private BatchSize(double quickSeconds, double slowSeconds) =>
        (current, quick, slow) = (SmallestLines, TimeSpan.FromSeconds(quickSeconds), TimeSpan.FromSeconds(slowSeconds));

    /// <summary>Always the same, so few that their numbers stay in the cache: for work that takes no time.</summary>
    public static BatchSize Fixed { get; } = new(FixedLines);

    /// <summary>Every line by itself: for work that a model does line by line anyway, so that no line waits for the next ones.</summary>
    public static BatchSize Single { get; } = new(1);

    /// <summary>
    /// A model's batch at first; more while that is quick, so that lines of like length meet and leave their batch together (a tenth of the time of greedy search, measured on lines of 20 ± 8 pieces); never so many that the first of
    /// them waits long for the others.
    /// </summary>
    /// <param name="isWatched">Whether a person sees the output come.</param>
    public static BatchSize Adaptive(bool isWatched) => isWatched ? new(quickSeconds: 0.8, slowSeconds: 2) : new(quickSeconds: 4, slowSeconds: 10);

    /// <summary>The lines of the next batch.</summary>
    public int Current => current;

    /// <summary>Takes note of a batch.</summary>
    /// <param name="lineCount">Its lines.</param>
    /// <param name="elapsed">The time it took.</param>
    public void Observe(int lineCount, TimeSpan elapsed)
    {
        if (isFixed)
            return;
        if (elapsed < quick && lineCount == current)
            current = Math.Min(LargestLines, 2 * lineCount);
        else if (elapsed > slow)
            current = Math.Max(SmallestLines, lineCount / 2);
    }
}
