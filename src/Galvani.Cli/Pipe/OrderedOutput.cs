using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Takes numbered results from several threads and writes them in the order of their numbers. Whichever thread brings the next one writes it, and all that are ready behind it; the others go on
/// with their work. What is written is flushed when nothing more is under way or the next result takes long.
/// </summary>
/// <typeparam name="T">A result.</typeparam>
/// <param name="write">Takes the results in order; by one thread at a time.</param>
/// <param name="idle">Flushes. Not while <paramref name="write"/> is at work.</param>
/// <param name="capacity">How many results may be expected and not yet written.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing; a thread may still wait for it at the end.")]
internal sealed class OrderedOutput<T>(Action<T> write, Action idle, int capacity)
{
    /// <summary>How long what is written waits for the next result, to be flushed together with it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim room = new(capacity);

    private readonly object gate = new(); // for all below
    private readonly Outcome?[] ready = new Outcome?[capacity]; // each at the place of its number
    private long expected;
    private long finished;
    private long written;
    private bool isMoreAtHand;
    private bool isClosed;
    private bool isStopped;
    private bool isWriting;
    private bool hasUnflushed;
    private Exception? error;

    private bool IsOver => !isWriting && (isStopped ? finished == expected : isClosed && written == expected);

    /// <summary>Waits until one more result may be expected.</summary>
    /// <returns>False where nothing is written any more.</returns>
    public bool WaitForRoom()
    {
        room.Wait();
        lock (gate)
            return !isStopped;
    }

    /// <summary>Announces the next result; <see cref="WaitForRoom"/> goes before.</summary>
    /// <param name="isMoreAtHand">Whether the one behind it can be worked on at once.</param>
    /// <param name="number">The number by which <see cref="Finish"/> or <see cref="Fail"/> will name it.</param>
    /// <returns>False where nothing is written any more.</returns>
    public bool TryExpect(bool isMoreAtHand, out long number)
    {
        lock (gate)
        {
            number = expected;
            if (isStopped)
                return false;
            expected++;
            this.isMoreAtHand = isMoreAtHand;
            return true;
        }
    }

    /// <summary>Takes a result.</summary>
    public void Finish(long number, T result) => Take(number, new Outcome(result, null));

    /// <summary>Takes an error in the place of a result: thrown by <see cref="WaitForTheEnd"/> when all before it is written.</summary>
    public void Fail(long number, Exception exception) => Take(number, new Outcome(default, exception));

    /// <summary>Says that no more results will be expected.</summary>
    /// <param name="exception">An error to end with, behind all results.</param>
    public void Close(Exception? exception = null)
    {
        if (exception is not null && TryExpect(isMoreAtHand: false, out var number))
            Fail(number, exception);
        lock (gate)
        {
            isClosed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Writes nothing more.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isStopped = true;
            Monitor.PulseAll(gate);
        }

        room.Release();
    }

    /// <summary>Waits until all is written, or until writing has stopped and all that was expected is finished: then nobody uses what the work needs any more.</summary>
    /// <returns>False where it was stopped.</returns>
    public bool WaitForTheEnd()
    {
        while (WaitForLateResult())
            Write(isLate: true);
        lock (gate)
        {
            if (error is not null)
                ExceptionDispatchInfo.Throw(error);
            return !isStopped;
        }
    }

    /// <summary>Waits until the result behind a written one takes long, so that this thread has to flush; false at the end.</summary>
    private bool WaitForLateResult()
    {
        lock (gate)
        {
            while (!IsOver)
            {
                if (!hasUnflushed || isStopped)
                    Monitor.Wait(gate);
                else if (!Monitor.Wait(gate, Patience) && hasUnflushed && !isWriting)
                    return isWriting = true;
            }

            return false;
        }
    }

    private void Take(long number, Outcome outcome)
    {
        lock (gate)
        {
            finished++;
            ready[number % capacity] = outcome;
            if (isStopped)
                Monitor.PulseAll(gate);
            if (isStopped || isWriting)
                return; // who writes looks again
            isWriting = true;
        }

        Write(isLate: false);
    }

    /// <summary>Writes all that is ready, and flushes where nobody knows when more will be. Called by the thread that has set <see cref="isWriting"/>.</summary>
    private void Write(bool isLate)
    {
        try
        {
            while (TryNext(isLate, out var next))
            {
                if (next is null)
                    idle();
                else
                    write(next.Result!);
                isLate &= next is not null;
                Count(next);
            }
        }
        catch (Exception exception)
        {
            lock (gate)
            {
                isWriting = false;
                error = exception;
            }

            Stop();
        }
    }

    /// <summary>The next result in order, or null to flush; false where there is nothing to do.</summary>
    private bool TryNext(bool isLate, out Outcome? next)
    {
        lock (gate)
        {
            next = isStopped ? null : ready[written % capacity];
            if (next is not null || (hasUnflushed && !isStopped && (isLate || (written == expected && !isMoreAtHand))))
            {
                next?.ThrowError();
                return true;
            }

            isWriting = false;
            if (IsOver)
                Monitor.PulseAll(gate);
            return false;
        }
    }

    private void Count(Outcome? done)
    {
        lock (gate)
        {
            var hadUnflushed = hasUnflushed;
            hasUnflushed = done is not null;
            if (hasUnflushed && !hadUnflushed)
                Monitor.PulseAll(gate);
            if (done is null)
                return;
            ready[written % capacity] = null;
            written++;
        }

        room.Release();
    }

    private sealed record Outcome(T? Result, Exception? Error)
    {
        public void ThrowError()
        {
            if (Error is not null)
                ExceptionDispatchInfo.Throw(Error);
        }
    }
}
