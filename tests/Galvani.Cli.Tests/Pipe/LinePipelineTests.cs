using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Order, bounded memory, errors, interruption: docs/guide/pipes.md, sentences 1, 5, 7, 8 and 12.</summary>
public sealed class LinePipelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Run_AnyThreads_KeepTheOrder(int threads)
    {
        var written = new List<long>();
        var delays = new Random(1);
        Run(Batches(40, 25), line =>
        {
            if (line.Number % 97 == 0)
                Thread.Sleep(delays.Next(3));
            return line.Number;
        }, written.Add, threads);
        Assert.Equal(Enumerable.Range(1, 1000).Select(number => (long)number), written);
    }

    [Fact]
    public void Run_SlowWriter_ReadsOnlyABoundedNumberOfBatchesAhead()
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

        Run(Counted(), line => line.Number, _ =>
        {
            Thread.Sleep(1);
            written++;
            ahead = Math.Max(ahead, Volatile.Read(ref read) - written);
        }, Threads);
        Assert.Equal(200, written);
        Assert.InRange(ahead, 0, 6 * Threads);
    }

    [Fact]
    public void Run_WorkFails_ThrowsTheErrorOfTheFirstFailedLine()
    {
        var written = new List<long>();
        var exception = Assert.Throws<InvalidOperationException>(() => Run(Batches(10, 1), line => line.Number == 5 ? throw new InvalidOperationException("five") : line.Number, written.Add, 2));
        Assert.Equal("five", exception.Message);
        Assert.Equal([1L, 2L, 3L, 4L], written);
    }

    [Fact]
    public void Run_InputFails_ThrowsAfterWhatCameBefore()
    {
        static IEnumerable<List<InputLine>> Failing()
        {
            yield return [new InputLine(1, default)];
            throw new IOException("gone");
        }

        var written = new List<long>();
        Assert.Throws<IOException>(() => Run(Failing(), line => line.Number, written.Add, 2));
        Assert.Equal([1L], written);
    }

    [Fact]
    public void Run_WritingFails_EndsWithThatErrorWhenNoThreadWorksAnyMore()
    {
        var working = 0;
        long Work(InputLine line)
        {
            Interlocked.Increment(ref working);
            Thread.Sleep(2);
            Interlocked.Decrement(ref working);
            return line.Number;
        }

        var exception = Assert.Throws<IOException>(() => Run(Batches(40, 1), Work, number => throw new IOException($"full at {number}"), 4));
        Assert.Equal("full at 1", exception.Message);
        Assert.Equal(0, Volatile.Read(ref working));
    }

    [Fact]
    public void Run_InterruptedWhileThreadsWork_EndsWhenTheyAreDone()
    {
        using var stop = new CancellationTokenSource();
        var working = 0;
        int Work(InputLine[] lines)
        {
            Interlocked.Increment(ref working);
            if (lines[0].Number == 20)
                stop.Cancel();
            Thread.Sleep(2);
            Interlocked.Decrement(ref working);
            return lines.Length;
        }

        var written = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => LinePipeline<int>.Run(Batches(400, 1), Work, _ => written++, () => { }, BatchSize.Single, threads: 3, stop.Token));
        Assert.Equal(0, Volatile.Read(ref working));
        Assert.InRange(written, 0, 25);
    }

    [Fact]
    public void Run_EmptyInput_WritesNothing()
    {
        var written = new List<long>();
        Run([], line => line.Number, written.Add, 2);
        Run([[], []], line => line.Number, written.Add, 2);
        Assert.Empty(written);
    }

    [Fact]
    public void Run_InterruptedWhileTheInputWaits_Ends()
    {
        using var stop = new CancellationTokenSource();
        using var never = new ManualResetEventSlim();
        IEnumerable<List<InputLine>> Waiting()
        {
            stop.CancelAfter(TimeSpan.FromMilliseconds(50));
            never.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
            yield break;
        }

        Assert.ThrowsAny<OperationCanceledException>(() => LinePipeline<int>.Run(Waiting(), lines => lines.Length, _ => { }, () => { }, BatchSize.Fixed, threads: 1, stop.Token));
        never.Set();
    }

    [Fact]
    public void Run_NoMoreInputWaiting_CallsIdleBeforeTheNextBatchIsThere()
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

        LinePipeline<int>.Run(Asking(), lines => lines.Length, _ => { }, () => flushed.Release(), BatchSize.Fixed, threads: 2, TestContext.Current.CancellationToken);
        Assert.Equal([true, true, true], waited);
    }

    [Fact]
    public void Run_NextResultTakesLong_CallsIdleWhileItIsWorkedOn()
    {
        using var flushed = new ManualResetEventSlim();
        var isWritten = false;
        bool Work(InputLine[] lines) => lines[0].Number == 1 || flushed.Wait(TimeSpan.FromSeconds(20));

        var results = new List<bool>();
        LinePipeline<bool>.Run(
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

    private static void Run(IEnumerable<List<InputLine>> batches, Func<InputLine, long> work, Action<long> write, int threads) =>
        LinePipeline<long[]>.Run(batches, lines => Array.ConvertAll(lines, line => work(line)), results => Array.ForEach(results, write), () => { }, BatchSize.Fixed, threads, TestContext.Current.CancellationToken);

    private static IEnumerable<List<InputLine>> Batches(int count, int lines)
    {
        for (var batch = 0; batch < count; batch++)
            yield return [.. Enumerable.Range(1, lines).Select(line => new InputLine(batch * lines + line, default))];
    }
}
