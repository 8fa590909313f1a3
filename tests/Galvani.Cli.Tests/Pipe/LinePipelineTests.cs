using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Order, bounded memory, errors, interruption: docs/guide/pipes.md, sentences 1, 5, 7, 8 and 12.</summary>
public sealed class LinePipelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task RunAsync_AnyThreads_KeepTheOrder(int threads)
    {
        var written = new List<long>();
        var delays = new Random(1);
        await Run(Batches(40, 25), line =>
        {
            if (line.Number % 97 == 0)
                Thread.Sleep(delays.Next(3));
            return line.Number;
        }, written.Add, threads);
        Assert.Equal(Enumerable.Range(1, 1000).Select(number => (long)number), written);
    }

    [Fact]
    public async Task RunAsync_SlowWriter_ReadsOnlyABoundedNumberOfBatchesAhead()
    {
        const int Threads = 2;
        var read = 0;
        var ahead = 0;
        var written = 0;
        IEnumerable<List<InputLine>> Counted()
        {
            foreach (var batch in Batches(200, 1))
            {
                read++;
                yield return batch;
            }
        }

        await Run(Counted(), line => line.Number, _ =>
        {
            Thread.Sleep(1);
            written++;
            ahead = Math.Max(ahead, Volatile.Read(ref read) - written);
        }, Threads);
        Assert.Equal(200, written);
        Assert.InRange(ahead, 0, 6 * Threads);
    }

    [Fact]
    public async Task RunAsync_WorkFails_ThrowsTheErrorOfTheFirstFailedLine()
    {
        var written = new List<long>();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Run(Batches(10, 1), line => line.Number == 5 ? throw new InvalidOperationException("five") : line.Number, written.Add, 2));
        Assert.Equal("five", exception.Message);
        Assert.Equal([1L, 2L, 3L, 4L], written);
    }

    [Fact]
    public async Task RunAsync_InputFails_ThrowsAfterWhatCameBefore()
    {
        static IEnumerable<List<InputLine>> Failing()
        {
            yield return [new InputLine(1, default)];
            throw new IOException("gone");
        }

        var written = new List<long>();
        await Assert.ThrowsAsync<IOException>(() => Run(Failing(), line => line.Number, written.Add, 2));
        Assert.Equal([1L], written);
    }

    [Fact]
    public async Task RunAsync_InterruptedWhileTheInputWaits_Ends()
    {
        using var stop = new CancellationTokenSource();
        using var never = new ManualResetEventSlim();
        IEnumerable<List<InputLine>> Waiting()
        {
            stop.CancelAfter(TimeSpan.FromMilliseconds(50));
            never.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
            yield break;
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LinePipeline.RunAsync(Waiting(), lines => lines.Length, _ => { }, () => { }, BatchSize.Fixed, threads: 1, stop.Token));
        never.Set();
    }

    [Fact]
    public async Task RunAsync_NoMoreInputWaiting_CallsIdleBeforeTheNextBatchIsThere()
    {
        using var flushed = new SemaphoreSlim(0);
        var waited = new List<bool>();
        IEnumerable<List<InputLine>> Asking()
        {
            for (var i = 1; i <= 3; i++)
            {
                yield return [new InputLine(i, default)];
                waited.Add(flushed.Wait(TimeSpan.FromSeconds(20)));
            }
        }

        await LinePipeline.RunAsync(Asking(), lines => lines.Length, _ => { }, () => flushed.Release(), BatchSize.Fixed, threads: 2, TestContext.Current.CancellationToken);
        Assert.Equal([true, true, true], waited);
    }

    [Fact]
    public async Task RunAsync_NextResultTakesLong_CallsIdleWhileItIsWorkedOn()
    {
        using var flushed = new ManualResetEventSlim();
        var isWritten = false;
        bool Work(InputLine[] lines) => lines[0].Number == 1 || flushed.Wait(TimeSpan.FromSeconds(20));

        var results = new List<bool>();
        await LinePipeline.RunAsync(
            Batches(4, 1), Work, result =>
            {
                results.Add(result);
                isWritten = true;
            },
            () =>
            {
                if (isWritten)
                    flushed.Set();
            },
            BatchSize.Single, threads: 2, TestContext.Current.CancellationToken);
        Assert.Equal([true, true, true, true], results);
    }

    private static Task Run(IEnumerable<List<InputLine>> batches, Func<InputLine, long> work, Action<long> write, int threads) =>
        LinePipeline.RunAsync(batches, lines => Array.ConvertAll(lines, line => work(line)), results => Array.ForEach(results, write), () => { }, BatchSize.Fixed, threads, TestContext.Current.CancellationToken);

    private static IEnumerable<List<InputLine>> Batches(int count, int lines)
    {
        for (var batch = 0; batch < count; batch++)
            yield return [.. Enumerable.Range(1, lines).Select(line => new InputLine(batch * lines + line, default))];
    }
}
