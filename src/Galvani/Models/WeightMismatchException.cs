namespace Galvani.Models;

/// <summary>Weights that do not fit the model they should make; the message lists all that is wrong.</summary>
public sealed class WeightMismatchException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Everything that is missing, unexpected or wrongly shaped, and where.</param>
    public WeightMismatchException(string message)
        : base(message)
    {
    }
}
