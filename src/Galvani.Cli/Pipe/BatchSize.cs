namespace Galvani.Cli.Pipe;

/// <summary>How many lines are worked on together. It changes when output comes, never what it is. Safe for use by several threads.</summary>
internal sealed class BatchSize
{
    private const int LargestLines = 256;
    private const int FixedLines = 64;
    private const int FirstLines = 8;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly bool isFixed;
    private volatile int current;

    private BatchSize(int first, bool isFixed) => (current, this.isFixed) = (first, isFixed);

    /// <summary>Always the same, so few that their numbers stay in the cache: for work that takes no time.</summary>
    public static BatchSize Fixed { get; } = new(FixedLines, isFixed: true);

    /// <summary>Few at first, more while batches are quick, fewer when they take long: so that output comes soon whatever a line costs.</summary>
    public static BatchSize Adaptive => new(FirstLines, isFixed: false);

    /// <summary>The lines of the next batch.</summary>
    public int Current => current;

    /// <summary>Takes note of a batch.</summary>
    /// <param name="lineCount">Its lines.</param>
    /// <param name="elapsed">The time it took.</param>
    public void Observe(int lineCount, TimeSpan elapsed)
    {
        if (isFixed)
            return;
        if (elapsed < Quick && lineCount == current)
            current = Math.Min(LargestLines, 2 * lineCount);
        else if (elapsed > Slow)
            current = Math.Max(1, lineCount / 2);
    }
}
