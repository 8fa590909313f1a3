namespace Galvani;

/// <summary>
/// The features that each token of a source line carries behind its word, as <c>word￨feature￨...</c>: all tokens of a line or none; where none does, each takes the defaults
/// (OpenNMT-py's <c>src_feats_defaults</c>). Immutable.
/// </summary>
/// <param name="vocabularies">Those of the checkpoint, one a feature; none for models without.</param>
/// <param name="defaults">The values joined by <c>￨</c>; empty for none.</param>
internal sealed class SourceFeatures(IReadOnlyList<KnownTokens> vocabularies, string defaults)
{
    /// <summary>What stands between a word and its features.</summary>
    public const char Separator = '￨';

    /// <summary>The number of features.</summary>
    public int Count => vocabularies.Count;

    /// <summary>Whether a line may come without features: the model has none, or defaults for them.</summary>
    public bool AreOptional => Count == 0 || defaults.Length > 0;

    /// <summary>Takes the features off the tokens of a line.</summary>
    /// <param name="tokens">The tokens; what remains of them is their words.</param>
    /// <returns>For each feature its ids, [S].</returns>
    /// <exception cref="ArgumentException">A token carries another number of features than the model has; or none, where other tokens do or there are no defaults.</exception>
    /// <exception cref="Checkpoints.UnsupportedCheckpointException">The vocabulary of a feature lacks a value and has no <c>&lt;unk&gt;</c>.</exception>
    public int[][] Take(List<string> tokens)
    {
        var parts = tokens.ConvertAll(token => token.Split(Separator));
        if (AreOptional && parts.TrueForAll(part => part.Length == 1))
            return OfDefaults(tokens.Count);
        var values = vocabularies.Select(_ => new int[tokens.Count]).ToArray();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (parts[i].Length != Count + 1)
                throw new ArgumentException($"The piece '{tokens[i]}' carries {parts[i].Length - 1} features, the model has {Count}{(parts[i].Length == 1 ? Missing : "")}.", nameof(tokens));
            tokens[i] = parts[i][0];
            for (var feature = 0; feature < Count; feature++)
                values[feature][i] = vocabularies[feature].IdOf(parts[i][feature + 1]);
        }

        return values;
    }

    /// <summary>The defaults, for each token.</summary>
    /// <param name="tokenCount">S.</param>
    /// <returns>For each feature its ids, [S].</returns>
    /// <exception cref="ArgumentException">There is another number of defaults than of features.</exception>
    /// <exception cref="Checkpoints.UnsupportedCheckpointException">The vocabulary of a feature lacks its default and has no <c>&lt;unk&gt;</c>.</exception>
    public int[][] OfDefaults(int tokenCount)
    {
        if (Count == 0)
            return [];
        var values = defaults.Split(Separator);
        if (values.Length != Count)
            throw new ArgumentException($"The defaults of the source features, '{defaults}', are {values.Length}, the model has {Count} features: give as many, joined by {Separator}.", nameof(tokenCount));
        return [.. values.Select((value, feature) => Enumerable.Repeat(vocabularies[feature].IdOf(value), tokenCount).ToArray())];
    }

    private string Missing => defaults.Length > 0 ? "; all pieces of a line carry features, or none" : "";
}
