namespace Galvani;

/// <summary>A line to translate.</summary>
/// <param name="Source">Its pieces.</param>
/// <param name="StreamNumber">Which random stream sampling draws from: the number of the line.</param>
public sealed record TranslationRequest(TokenizedLine Source, long StreamNumber)
{
    /// <summary>Target tokens that every hypothesis begins with (<see cref="Translator.PrefixIds"/>). Default none.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];
}
