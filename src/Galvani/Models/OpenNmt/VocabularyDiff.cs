namespace Galvani.Models.OpenNmt;

/// <summary>Compares token lists.</summary>
internal static class VocabularyDiff
{
    /// <summary>The lists that differ; one that only one file has is compared with an empty one.</summary>
    public static IReadOnlyList<VocabularyDifference> Of(OpenNmtVocabularies? first, OpenNmtVocabularies? second)
    {
        var differences = new List<VocabularyDifference>();
        Add("src", first?.Source, second?.Source);
        Add("tgt", first?.Target, second?.Target);
        for (var feature = 0; feature < Math.Max(first?.SourceFeatures.Count ?? 0, second?.SourceFeatures.Count ?? 0); feature++)
            Add(FormattableString.Invariant($"src_feats.{feature}"), first?.SourceFeatures.ElementAtOrDefault(feature), second?.SourceFeatures.ElementAtOrDefault(feature));
        if (first is not null && second is not null)
            Add("decoder_start_token", [first.StartToken], [second.StartToken]);
        return differences;

        void Add(string name, IReadOnlyList<string>? tokens, IReadOnlyList<string>? others)
        {
            if (Compare(name, tokens ?? [], others ?? []) is { } difference)
                differences.Add(difference);
        }
    }

    private static VocabularyDifference? Compare(string name, IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        if (first.SequenceEqual(second))
            return null;
        var (ids, otherIds) = (Ids(first), Ids(second));
        var moved = ids.Count(entry => otherIds.TryGetValue(entry.Key, out var id) && id != entry.Value);
        return new VocabularyDifference(
            name, first.Count, second.Count, [.. ids.Keys.Where(token => !otherIds.ContainsKey(token))], [.. otherIds.Keys.Where(token => !ids.ContainsKey(token))], moved);
    }

    private static Dictionary<string, int> Ids(IReadOnlyList<string> tokens)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
            ids.TryAdd(tokens[id], id);
        return ids;
    }
}
