using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Takes rows of embeddings and generators from donors, matched by token.</summary>
internal static class RowGraft
{
    /// <summary>Takes the rows of the source embedding; of a target embedding that is the same tensor too.</summary>
    public static IEnumerable<RowMatch> TakeSource(GraftedModel model, OpenNmtCheckpoint donor, UnmatchedRows unmatched) =>
        Take(model, donor, OpenNmtNames.SourceEmbedding, model.SourceTokens, donor.Vocabularies?.Source, unmatched);

    /// <summary>Takes the rows of the target embedding; of a generator that is tied to it too.</summary>
    public static IEnumerable<RowMatch> TakeTarget(GraftedModel model, OpenNmtCheckpoint donor, UnmatchedRows unmatched) =>
        Take(model, donor, OpenNmtNames.TargetEmbedding, model.TargetTokens, donor.Vocabularies?.Target, unmatched);

    /// <summary>Takes the weight rows and the biases of the generator.</summary>
    public static IEnumerable<RowMatch> TakeGenerator(GraftedModel model, OpenNmtCheckpoint donor, UnmatchedRows unmatched)
    {
        string[] names = model.Find(OpenNmtNames.CopyGeneratorWeight) is null
            ? [OpenNmtNames.GeneratorWeight, OpenNmtNames.GeneratorBias]
            : [OpenNmtNames.CopyGeneratorWeight, OpenNmtNames.CopyGeneratorBias];
        return names.SelectMany(name => Take(model, donor, name, model.TargetTokens, donor.Vocabularies?.Target, unmatched)).ToList();
    }

    private static IEnumerable<RowMatch> Take(
        GraftedModel model, OpenNmtCheckpoint donor, string name, IReadOnlyList<string> tokens, IReadOnlyList<string>? donorTokens, UnmatchedRows unmatched)
    {
        var path = donor.Checkpoint.FilePath;
        if (model.Find(name) is not { } own)
            model.Problems.Add($"{name} is not in the base, so it takes no rows from {path}");
        else if (donor.Find(name)?.View is not { } table)
            model.Problems.Add($"{name} is not in {path}");
        else if (donorTokens is null || donorTokens.Count != table.Shape[0] || tokens.Count != own.Shape[0])
            model.Problems.Add(FormattableString.Invariant($"{name}: rows are matched by token, but {path} has {donorTokens?.Count ?? 0} tokens for {table.Shape[0]} rows and the base {tokens.Count} for {own.Shape[0]}"));
        else if (table.Rank != own.Rank || !table.Shape.Skip(1).SequenceEqual(own.Shape.Skip(1)) || !table.DType.IsFloatingPoint())
            model.Problems.Add($"{name} of {path} is {table.DType.TorchName()} [{string.Join(", ", table.Shape)}], the base's [{string.Join(", ", own.Shape)}]: rows of another width do not fit");
        else
            return Match(model, name, own, model.Adapt(name, table), Rows(tokens, donorTokens), unmatched);
        return [];
    }

    private static IEnumerable<RowMatch> Match(GraftedModel model, string name, TensorView own, TensorView table, List<int> rows, UnmatchedRows unmatched)
    {
        var isWhole = own.Shape[0] == table.Shape[0] && rows.Select((row, index) => row == index).All(isSame => isSame);
        model.ReplaceView(own, isWhole ? table : RowTable.Match(own, table, rows, unmatched));
        var matched = rows.Count(row => row >= 0);
        return [new RowMatch(name, matched, rows.Count - matched)];
    }

    /// <summary>For each token the donor's id, or -1.</summary>
    private static List<int> Rows(IReadOnlyList<string> tokens, IReadOnlyList<string> donorTokens)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < donorTokens.Count; id++)
            ids.TryAdd(donorTokens[id], id);
        return [.. tokens.Select(token => ids.GetValueOrDefault(token, -1))];
    }
}
