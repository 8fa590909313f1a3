namespace Galvani.Models;

/// <summary>What a decoder needs beside its weights: the cache, the cross keys, scratch. Owned by one session.</summary>
/// <param name="Cache">The self-attention's memory.</param>
/// <param name="Cross">The source's keys and values; null in a language model.</param>
/// <param name="Workspace">Scratch.</param>
internal sealed record DecoderState(DecoderCache Cache, CrossKeys? Cross, Workspace Workspace) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        // The other way round than they were made: the cache's memory, which is larger, is the next cache's.
        Cross?.Dispose();
        Cache.Dispose();
    }
}
