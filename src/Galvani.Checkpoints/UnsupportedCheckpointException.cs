using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints;

/// <summary>A good file with something that is not supported; the message names the feature, the value found and what is supported.</summary>
public sealed class UnsupportedCheckpointException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Feature, value found, values supported, in one line.</param>
    /// <param name="innerException">The cause, or null.</param>
    public UnsupportedCheckpointException(string message, Exception? innerException = null)
        : base(PickleText.OneLine(message), innerException)
    {
    }
}
