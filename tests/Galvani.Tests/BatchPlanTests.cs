namespace Galvani.Tests;

/// <summary>How lines are shared out to threads.</summary>
public sealed class BatchPlanTests
{
    private const int Vocabulary = 12_000;

    [Theory]
    [InlineData(32, 4, 2, 2, 1)] // 64 rows for each of two threads
    [InlineData(32, 1, 2, 2, 1)]
    [InlineData(32, 4, 4, 4, 1)]
    [InlineData(32, 1, 4, 2, 2)] // for four there are too few rows, two parts have two threads each
    [InlineData(32, 4, 3, 3, 1)]
    [InlineData(40, 1, 3, 1, 3)] // three threads divide by three alone, and ten rows are too few
    [InlineData(31, 1, 2, 1, 2)]
    [InlineData(1, 4, 2, 1, 2)] // one line is not divided
    [InlineData(64, 4, 1, 1, 1)]
    public void Of_LinesOfOneLength_GivesEachPartRowsEnough(int lines, int beamWidth, int threads, int sideBySide, int threadsEach)
    {
        var plan = BatchPlan.Of(Lengths(lines, 20), 32, beamWidth, Vocabulary, threads, rowsWanted: 16);
        Assert.Equal((sideBySide, threadsEach), (plan.SideBySide, plan.ThreadsEach));
        Assert.Equal(sideBySide * ((lines + 31) / 32), plan.Parts.Count);
        CheckLines(plan, Enumerable.Range(0, lines));
    }

    [Theory]
    [InlineData(64, 4, 2, 4, 1)] // two parts of each of two batches
    [InlineData(96, 3, 1, 3, 1)]
    [InlineData(512, 16, 2, 16, 1)]
    [InlineData(128, 16, 2, 8, 2)] // four batches for sixteen threads
    [InlineData(320, 7, 1, 7, 1)] // seven threads divide by seven alone: a batch for each
    [InlineData(96, 16, 2, 4, 4)] // of three batches two at once: three would leave threads without work
    public void Of_MoreThreadsThanABatchKeepsBusy_WorksOnSeveralBatches(int lines, int threads, int partsEach, int sideBySide, int threadsEach)
    {
        var plan = BatchPlan.Of(Lengths(lines, 20), 32, 1, Vocabulary, threads, rowsWanted: 16);
        Assert.Equal((sideBySide, threadsEach), (plan.SideBySide, plan.ThreadsEach));
        Assert.Equal(partsEach * lines / 32, plan.Parts.Count);
        CheckLines(plan, Enumerable.Range(0, lines));
    }

    [Fact]
    public void Of_TwoThreadsAndFewRows_StayWithOneBatch()
    {
        var plan = BatchPlan.Of(Lengths(64, 20), 32, 1, Vocabulary, threadCount: 2, rowsWanted: 32);
        Assert.Equal((1, 2), (plan.SideBySide, plan.ThreadsEach));
        Assert.Equal(2, plan.Parts.Count);
    }

    [Fact]
    public void Of_LinesOfManyLengths_CountsTheRowsThatAreLeftOnAverage()
    {
        var mixed = Enumerable.Range(1, 32).ToArray(); // on average half of the rows are left
        Assert.Equal(1, BatchPlan.Of(mixed, 32, 1, Vocabulary, threadCount: 2, rowsWanted: 16).SideBySide);
        Assert.Equal(2, BatchPlan.Of(mixed, 32, 1, Vocabulary, threadCount: 2, rowsWanted: 8).SideBySide);
        var many = Enumerable.Range(0, 1024).Select(line => 1 + line / 32).ToArray(); // sorted by length, batches have lines of one length
        Assert.Equal(2, BatchPlan.Of(many, 32, 1, Vocabulary, threadCount: 2, rowsWanted: 16).SideBySide);
    }

    [Fact]
    public void Of_ManyLines_TakesTheLongestFirstAndDealsThemOut()
    {
        int[] lengths = [3, 9, 1, 7, 0, 5, 8, 2];
        var plan = BatchPlan.Of(lengths, batchSize: 4, beamWidth: 8, Vocabulary, threadCount: 2, rowsWanted: 8);
        Assert.Equal([[1, 3], [6, 5], [0, 2], [7]], plan.Parts.ToList());
        CheckLines(plan, Enumerable.Range(0, lengths.Length).Where(line => lengths[line] > 0));
    }

    [Fact]
    public void Of_ALittleMoreThanABatch_MakesTwoOfLikeSize()
    {
        var plan = BatchPlan.Of(Lengths(40, 10), 32, 1, Vocabulary, threadCount: 1, rowsWanted: 16);
        Assert.Equal([20, 20], plan.Parts.Select(part => part.Length));
    }

    [Fact]
    public void Of_LongLinesOrManyOutputs_MakesSmallerBatches()
    {
        Assert.All(BatchPlan.Of(Lengths(32, 1000), 32, 1, Vocabulary, threadCount: 1, rowsWanted: 16).Parts, part => Assert.Equal(8, part.Length));
        Assert.All(BatchPlan.Of(Lengths(3, 100_000), 32, 1, Vocabulary, threadCount: 1, rowsWanted: 16).Parts, part => Assert.Single(part));
        Assert.All(BatchPlan.Of(Lengths(32, 10), 32, 8, 1 << 20, threadCount: 1, rowsWanted: 16).Parts, part => Assert.Equal(2, part.Length));
    }

    [Fact]
    public void Of_NoLines_HasNoParts()
    {
        Assert.Empty(BatchPlan.Of([], 32, 4, Vocabulary, threadCount: 2, rowsWanted: 16).Parts);
        Assert.Empty(BatchPlan.Of([0, 0], 32, 4, Vocabulary, threadCount: 2, rowsWanted: 16).Parts);
    }

    private static int[] Lengths(int count, int length) => [.. Enumerable.Repeat(length, count)];

    private static void CheckLines(BatchPlan plan, IEnumerable<int> expected) => Assert.Equal(expected, plan.Parts.SelectMany(part => part).Order());
}
