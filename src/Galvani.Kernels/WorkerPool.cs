using System.Runtime.ExceptionServices;

namespace Galvani.Kernels;

/// <summary>
/// Helper threads for work that is cut into chunks. The caller opens a job and does chunks itself; helpers that are free enter the open job and take chunks too. When no
/// chunk is left the caller closes the job and waits only for helpers that entered: a helper whose core someone else uses is never waited for, so a busy machine slows a
/// job down by what it takes away and no more. One job runs at a time; a call while another thread's job is open does all its chunks itself. Nothing is allocated a job.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    // A job's state: its number in the upper half, a flag while no helper may enter, a flag while the caller sleeps, and the helpers inside.
    private const long NumberUnit = 1L << 32;
    private const long Closed = 1L << 31;
    private const long CallerSleeps = 1L << 30;
    private const long InsideMask = CallerSleeps - 1;

    // About 40 microseconds: what lies between two products of a layer.
    private const int HelperSpins = 256;
    private const int CallerSpins = 1024;
    private const int SpinLength = 4;

    private readonly Thread[] helpers;
    private readonly SemaphoreSlim wake = new(0);
    private readonly SemaphoreSlim finished = new(0);
    private IParallelWork? work;
    private ExceptionDispatchInfo? fault;
    private long state = Closed;
    private int chunkCount;
    private int nextChunk;
    private int isBusy;
    private int sleepingCount;
    private volatile bool isDisposed;

    /// <summary>Starts the helpers.</summary>
    /// <param name="threadCount">All threads that work on a job, the caller's included; 1 for no helpers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threadCount);
        ThreadCount = threadCount;
        helpers = new Thread[threadCount - 1];
        for (var i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Help) { IsBackground = true, Name = $"Galvani helper {i + 1}" };
            helpers[i].Start();
        }
    }

    /// <summary>All threads that work on a job, the caller's included.</summary>
    public int ThreadCount { get; }

    /// <summary>Does all chunks of some work and returns when all are done. May be called by any thread.</summary>
    /// <param name="work">The work; an exception that a chunk throws is thrown here, after the chunks under way have ended; others may be left undone.</param>
    /// <param name="chunkCount">The number of chunks.</param>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public void Run(IParallelWork work, int chunkCount)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfNegative(chunkCount);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (chunkCount <= 1 || helpers.Length == 0 || Interlocked.CompareExchange(ref isBusy, 1, 0) != 0)
        {
            for (var chunk = 0; chunk < chunkCount; chunk++)
                work.Run(chunk);
            return;
        }

        try
        {
            Open(work, chunkCount);
            Drain();
            WaitForHelpers();
            var thrown = fault;
            (this.work, fault) = (null, null);
            thrown?.Throw();
        }
        finally
        {
            Volatile.Write(ref isBusy, 0);
        }
    }

    /// <summary>Ends the helpers. No job may be under way.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        wake.Release(helpers.Length + 1);
        foreach (var helper in helpers)
            helper.Join();
        wake.Dispose();
        finished.Dispose();
    }

    private void Open(IParallelWork opened, int count)
    {
        (work, chunkCount) = (opened, count);
        Volatile.Write(ref nextChunk, 0);
        var number = Volatile.Read(ref state) & ~(NumberUnit - 1);
        Interlocked.Exchange(ref state, unchecked(number + NumberUnit)); // open, nobody inside
        if (Volatile.Read(ref sleepingCount) > 0 && Interlocked.Exchange(ref sleepingCount, 0) is > 0 and var sleeping)
            wake.Release(sleeping);
    }

    // Takes chunks until none is left. After a fault no further chunk is begun.
    private void Drain()
    {
        try
        {
            for (var chunk = Interlocked.Increment(ref nextChunk) - 1; chunk < chunkCount; chunk = Interlocked.Increment(ref nextChunk) - 1)
                work!.Run(chunk);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref fault, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref nextChunk, chunkCount);
        }
    }

    private void WaitForHelpers()
    {
        var inside = Interlocked.Or(ref state, Closed) & InsideMask;
        for (var spin = 0; inside != 0 && spin < CallerSpins; spin++)
        {
            Thread.SpinWait(SpinLength);
            inside = Volatile.Read(ref state) & InsideMask;
        }

        if (inside != 0 && (Interlocked.Or(ref state, CallerSleeps) & InsideMask) != 0)
            finished.Wait();
    }

    private void Help()
    {
        var lastNumber = 0L;
        while (!isDisposed)
        {
            if (!TryEnter(ref lastNumber))
            {
                Rest(lastNumber);
                continue;
            }

            Drain();
            // The last to leave a job whose caller sleeps wakes it.
            if ((Interlocked.Decrement(ref state) & (InsideMask | CallerSleeps)) == CallerSleeps)
                finished.Release();
        }
    }

    private bool HasNewJob(long lastNumber) => Volatile.Read(ref state) is var now && (now & Closed) == 0 && (now & ~(NumberUnit - 1)) != lastNumber;

    private bool TryEnter(ref long lastNumber)
    {
        while (HasNewJob(lastNumber))
        {
            var now = Volatile.Read(ref state);
            if ((now & Closed) != 0 || Interlocked.CompareExchange(ref state, now + 1, now) != now)
                continue;
            lastNumber = now & ~(NumberUnit - 1);
            return true;
        }

        return false;
    }

    // Spins for as long as the next job usually takes to come, then sleeps. Whoever counts itself as sleeping takes exactly one permit or takes itself off the count,
    // so that no wake-up is lost: the caller opens a job before it reads the count, the helper counts itself before it looks for a job.
    private void Rest(long lastNumber)
    {
        for (var spin = 0; spin < HelperSpins; spin++)
        {
            if (isDisposed || HasNewJob(lastNumber))
                return;
            Thread.SpinWait(SpinLength);
        }

        Interlocked.Increment(ref sleepingCount);
        if (HasNewJob(lastNumber))
        {
            if (Interlocked.Decrement(ref sleepingCount) >= 0)
                return;
            Interlocked.Increment(ref sleepingCount); // the caller has counted this helper: its permit is there, or about to be
        }

        wake.Wait();
    }
}
