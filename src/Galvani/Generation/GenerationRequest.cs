namespace Galvani.Generation;

/// <summary>What is asked for one sentence of a batch, beside the options that all share.</summary>
/// <param name="StreamNumber">Which random stream sampling draws from: usually the number of the line, so that neighbours change nothing.</param>
/// <param name="Prefix">Tokens that every hypothesis begins with, without start and end token; empty for none.</param>
public sealed record GenerationRequest(long StreamNumber, IReadOnlyList<int> Prefix)
{
    /// <summary>A sentence without a prefix.</summary>
    /// <param name="streamNumber">Which random stream sampling draws from.</param>
    public GenerationRequest(long streamNumber)
        : this(streamNumber, [])
    {
    }
}
