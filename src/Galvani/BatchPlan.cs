using Galvani.Kernels;

namespace Galvani;

/// <summary>
/// How lines are shared out to threads. Lines of like length make a batch, so that they leave it at like times. A batch is cut into parts that are worked on side by side where each part keeps rows enough to be worth reading the
/// weights for; of three and more threads those that are left over work on the next batches at the same time. Where there are no more batches, threads work together on a part, which reads the weights once for all, but lets threads wait for each other and pass
/// numbers between their caches.
/// </summary>
internal sealed class BatchPlan
{
    // Memory that a batch may take: source pieces, and numbers of the output.
    private const long LargestPieceCount = 1 << 13;
    private const long LargestLogitCount = 1 << 24;

    // So many threads stay with one batch, whose memory is the smallest: two batches at once would be 1 to 4 % faster.
    private const int FewThreads = 2;

    private readonly List<int[]> parts = [];

    private BatchPlan(int sideBySide, int threadsEach) => (SideBySide, ThreadsEach) = (sideBySide, threadsEach);

    /// <summary>The parts that are worked on at the same time; 1 where all threads work on one.</summary>
    public int SideBySide { get; }

    /// <summary>The threads of each.</summary>
    public int ThreadsEach { get; }

    /// <summary>The numbers of each part's lines, in the order in which parts are taken up.</summary>
    public IReadOnlyList<int[]> Parts => parts;

    /// <summary>Shares lines out.</summary>
    /// <param name="lengths">The source pieces of each line; lines that have none are left out.</param>
    /// <param name="batchSize">The most lines of a batch.</param>
    /// <param name="beamWidth">The rows of a line.</param>
    /// <param name="vocabularyCount">The outputs of a row.</param>
    /// <param name="threadCount">The threads.</param>
    /// <param name="rowsWanted">The fewest rows that a part keeps on average (<see cref="ProductWeight.RowsWorthReading"/>).</param>
    public static BatchPlan Of(IReadOnlyList<int> lengths, int batchSize, int beamWidth, int vocabularyCount, int threadCount, int rowsWanted)
    {
        // The longest first: the last parts, for which a thread may have to wait, are the short ones. The sort is stable, and no result depends on it.
        var order = Enumerable.Range(0, lengths.Count).Where(line => lengths[line] > 0).OrderByDescending(line => lengths[line]).ToList();
        var most = (int)Math.Max(1, Math.Min(batchSize, LargestLogitCount / ((long)vocabularyCount * beamWidth)));
        var batches = Batches(lengths, order, most);
        var partCount = PartCount(lengths, batches, beamWidth, threadCount, rowsWanted);
        var atOnce = threadCount > FewThreads ? LargestDivisor(threadCount / partCount, most: batches.Count) : 1;
        var plan = new BatchPlan(partCount * atOnce, threadCount / (partCount * atOnce));
        foreach (var batch in batches)
            plan.AddParts(batch, partCount);
        return plan;
    }

    private static List<List<int>> Batches(IReadOnlyList<int> lengths, List<int> order, int most)
    {
        var batches = new List<List<int>>();
        for (var start = 0; start < order.Count; start += batches[^1].Count)
        {
            var rest = order.Count - start;
            var count = rest > most && rest < 2 * most ? (rest + 1) / 2 : Math.Min(rest, most); // two batches of like size rather than a full one and what is left
            batches.Add(order.GetRange(start, (int)Math.Max(1, Math.Min(count, LargestPieceCount / lengths[order[start]]))));
        }

        return batches;
    }

    // As many parts as there are threads, or a number that goes into them without rest. A batch lasts as long as its longest line, which the others leave early.
    private static int PartCount(IReadOnlyList<int> lengths, List<List<int>> batches, int beamWidth, int threadCount, int rowsWanted)
    {
        var (rowSteps, steps) = (0L, 0L);
        foreach (var batch in batches)
        {
            rowSteps += beamWidth * batch.Sum(line => (long)lengths[line]);
            steps += lengths[batch[0]];
        }

        for (var parts = threadCount; parts > 1; parts--)
        {
            if (threadCount % parts == 0 && rowSteps >= steps * parts * rowsWanted && batches.TrueForAll(batch => batch.Count >= parts))
                return parts;
        }

        return 1;
    }

    private static int LargestDivisor(int number, int most)
    {
        var divisor = Math.Clamp(most, 1, number);
        while (number % divisor != 0)
            divisor--;
        return divisor;
    }

    // Lines are dealt out like cards: parts take like times.
    private void AddParts(List<int> batch, int count)
    {
        for (var part = 0; part < count; part++)
            parts.Add([.. batch.Where((_, place) => place % count == part)]);
    }
}
