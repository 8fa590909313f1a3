namespace Galvani;

/// <summary>
/// Lines as they come, the next of which can be asked for before it is waited for. Whatever ends the reading, a line that was asked for is waited for first, since a sequence must not be
/// disposed before: its token is cancelled, so that it comes at once.
/// </summary>
internal sealed class LineSource : IAsyncDisposable
{
    private readonly CancellationTokenSource ending;
    private readonly IAsyncEnumerator<string> lines;
    private Task<bool>? next;

    /// <param name="texts">The lines.</param>
    /// <param name="cancellationToken">Handed on to them.</param>
    public LineSource(IAsyncEnumerable<string> texts, CancellationToken cancellationToken)
    {
        ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lines = texts.GetAsyncEnumerator(ending.Token);
    }

    /// <summary>The line that was read last.</summary>
    public string Current => lines.Current;

    /// <summary>Asks for the next line.</summary>
    /// <returns>Whether it is there already; an error is not, so that what came before it is not held back.</returns>
    public bool Ask()
    {
        next = lines.MoveNextAsync().AsTask();
        return next.IsCompletedSuccessfully;
    }

    /// <summary>Waits for the line that was asked for.</summary>
    /// <returns>False after the last.</returns>
    public async Task<bool> ReadAsync()
    {
        var asked = next!;
        var hasLine = await asked.ConfigureAwait(false);
        next = null;
        return hasLine;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        if (next is not null)
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what ended the reading is what the caller hears
        await lines.DisposeAsync().ConfigureAwait(false);
        ending.Dispose();
    }
}
