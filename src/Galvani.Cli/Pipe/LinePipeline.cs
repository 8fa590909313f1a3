using System.Diagnostics;
using System.Threading.Channels;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Reads lines, works on batches of them on several threads, and hands the results on in order. A batch is what one read of the input gave, so a waiting reader
/// is answered at once; the number of batches under way is bounded, so memory is.
/// </summary>
internal static class LinePipeline
{
    /// <summary>How long what is ready waits for the next result, to be flushed together with it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs the pipeline to the end of the input.</summary>
    /// <param name="batches">Batches of lines; read on a thread of its own, since reading may wait for ever.</param>
    /// <param name="work">Turns a batch of lines into a result; called by several threads.</param>
    /// <param name="write">Takes the results in order; called by one thread.</param>
    /// <param name="idle">Called when no more results are ready, or the next one takes long: flushes.</param>
    /// <param name="size">How many lines are worked on together.</param>
    /// <param name="threads">The number of worker threads.</param>
    /// <param name="cancellationToken">Ends the pipeline even while the input waits.</param>
    public static async Task RunAsync<T>(
        IEnumerable<List<InputLine>> batches, Func<InputLine[], T> work, Action<T> write, Action idle, BatchSize size, int threads, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var slots = new SemaphoreSlim(threads, threads);
        var queue = Channel.CreateBounded<Task<T>>(new BoundedChannelOptions(2 * threads) { SingleReader = true, SingleWriter = true });
        var reader = new Thread(() => Read(batches, work, size, queue.Writer, slots, stop.Token)) { IsBackground = true, Name = "lines" };
        reader.Start();
        try
        {
            while (await queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (queue.Reader.TryRead(out var batch))
                    write(await ResultAsync(batch, idle, cancellationToken).ConfigureAwait(false));

                idle();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task<T> ResultAsync<T>(Task<T> batch, Action idle, CancellationToken cancellationToken)
    {
        try
        {
            return await batch.WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (!batch.IsCompleted)
                idle();
        }

        return await batch.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Read<T>(IEnumerable<List<InputLine>> batches, Func<InputLine[], T> work, BatchSize size, ChannelWriter<Task<T>> queue, SemaphoreSlim slots, CancellationToken stop)
    {
        try
        {
            foreach (var lines in batches)
            {
                for (var start = 0; start < lines.Count;)
                {
                    slots.Wait(stop);
                    var part = lines.Skip(start).Take(size.Current).ToArray();
                    start += part.Length;
                    var task = Task.Run(() => Work(part, work, size, slots), CancellationToken.None);
                    while (!queue.TryWrite(task))
                    {
                        if (!queue.WaitToWriteAsync(stop).AsTask().GetAwaiter().GetResult())
                            return;
                    }
                }
            }

            queue.Complete();
        }
        catch (OperationCanceledException)
        {
            queue.TryComplete();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            queue.TryComplete(exception);
        }
    }

    private static T Work<T>(InputLine[] lines, Func<InputLine[], T> work, BatchSize size, SemaphoreSlim slots)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            var result = work(lines);
            size.Observe(lines.Length, watch.Elapsed);
            return result;
        }
        finally
        {
            slots.Release();
        }
    }
}
