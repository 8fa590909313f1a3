namespace Galvani;

/// <summary>
/// Counts who is at work with something that is to be closed one day, and closes it when nobody is any more: mapped memory that is read while it is given back ends the process.
/// Safe for use by several threads.
/// </summary>
/// <param name="close">Runs once, by whoever leaves last.</param>
internal sealed class UseCount(Action close)
{
    private const int Closing = int.MinValue;

    private int state; // who is at work; Closing is added when nobody may begin any more

    /// <summary>Begins a use, which <see cref="End"/> ends; false after <see cref="Close"/>.</summary>
    public bool TryBegin()
    {
        while (true)
        {
            var seen = Volatile.Read(ref state);
            if (seen < 0)
                return false;
            if (Interlocked.CompareExchange(ref state, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>Ends a use.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref state) == Closing)
            close();
    }

    /// <summary>Lets nobody begin any more, and closes: now, or when the last use ends. Does nothing the second time.</summary>
    public void Close()
    {
        if (Interlocked.Or(ref state, Closing) == 0)
            close();
    }
}
