using System.Diagnostics;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Reads lines, works on batches of them on several threads, and hands the results on in order. A batch is what one read of the input gave, so a waiting reader
/// is answered at once; the number of batches under way is bounded, so memory is. Each thread reads a batch, works on it, and writes what is next in order: a result
/// goes to another thread only where it is ready before its turn.
/// </summary>
/// <typeparam name="T">What becomes of a batch.</typeparam>
internal sealed class LinePipeline<T>
{
    private readonly Func<InputLine[], T> work;
    private readonly BatchSize size;
    private readonly int threads;
    private readonly OrderedOutput<T> output;

    private readonly Lock reading = new(); // for all below
    private readonly IEnumerator<List<InputLine>> input;
    private List<InputLine> lines = [];
    private int nextLine;
    private bool isAtEnd;
    private int started;

    private LinePipeline(IEnumerable<List<InputLine>> batches, Func<InputLine[], T> work, OrderedOutput<T> output, BatchSize size, int threads) =>
        (input, this.work, this.output, this.size, this.threads) = (batches.GetEnumerator(), work, output, size, threads);

    /// <summary>Runs a pipeline to the end of the input.</summary>
    /// <param name="batches">Batches of lines; read by one thread at a time, which may wait for ever.</param>
    /// <param name="work">Turns a batch of lines into a result; called by several threads.</param>
    /// <param name="write">Takes the results in order; by one thread at a time.</param>
    /// <param name="idle">Called when no more results are ready, or the next one takes long: flushes. Not while <paramref name="write"/> is at work.</param>
    /// <param name="size">How many lines are worked on together.</param>
    /// <param name="threads">The number of worker threads.</param>
    /// <param name="cancellationToken">Ends the pipeline even while the input waits.</param>
    /// <exception cref="OperationCanceledException">It was cancelled. When this or another exception comes, no thread works or writes any more.</exception>
    public static void Run(IEnumerable<List<InputLine>> batches, Func<InputLine[], T> work, Action<T> write, Action idle, BatchSize size, int threads, CancellationToken cancellationToken)
    {
        var output = new OrderedOutput<T>(write, idle, capacity: 2 * threads);
        using var registration = cancellationToken.UnsafeRegister(static output => ((OrderedOutput<T>)output!).Stop(), output);
        new LinePipeline<T>(batches, work, output, size, threads).StartThread();
        if (!output.WaitForTheEnd())
            throw new OperationCanceledException(cancellationToken);
    }

    private void StartThread()
    {
        started++;
        new Thread(Process) { IsBackground = true, Name = "lines" }.Start();
    }

    private void Process()
    {
        while (TryTake(out var number, out var batch))
        {
            var watch = Stopwatch.StartNew();
            T result;
            try
            {
                result = work(batch);
            }
            catch (Exception exception)
            {
                output.Fail(number, exception);
                return;
            }

            size.Observe(batch.Length, watch.Elapsed);
            output.Finish(number, result);
        }
    }

    /// <summary>Takes the next lines; false at the end of the input, when it fails, and when nothing is written any more.</summary>
    private bool TryTake(out long number, out InputLine[] batch)
    {
        lock (reading)
        {
            (number, batch) = (0, []);
            if (isAtEnd)
                return false;
            isAtEnd = true;
            if (!output.WaitForRoom())
                return false;
            try
            {
                batch = Read();
            }
            catch (Exception exception)
            {
                output.Close(exception);
                return false;
            }

            if (batch.Length == 0)
            {
                output.Close();
                return false;
            }

            if (!output.TryExpect(isMoreAtHand: nextLine < lines.Count, out number))
                return false;
            isAtEnd = false;
            if (started < threads)
                StartThread();
            return true;
        }
    }

    /// <summary>The next lines, as many as are worked on together if one read gave so many; none at the end.</summary>
    private InputLine[] Read()
    {
        while (nextLine == lines.Count)
        {
            if (!input.MoveNext())
                return [];
            (lines, nextLine) = (input.Current, 0);
        }

        var batch = new InputLine[Math.Min(size.Current, lines.Count - nextLine)];
        lines.CopyTo(nextLine, batch, 0, batch.Length);
        nextLine += batch.Length;
        return batch;
    }
}
