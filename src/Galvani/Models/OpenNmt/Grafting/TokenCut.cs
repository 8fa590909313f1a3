using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Leaves tokens out of the vocabularies, with their rows of embeddings and generator.</summary>
internal static class TokenCut
{
    private static readonly string[] Specials = ["<unk>", "<blank>", "<s>", "</s>"];

    /// <summary>Keeps some tokens, and the specials.</summary>
    /// <returns>What became of the vocabularies.</returns>
    public static IReadOnlyList<VocabularyCut> Apply(GraftedModel model, IReadOnlyCollection<string> kept)
    {
        var tokens = kept.Concat(Specials).Concat(model.Base.Options.Texts("default_specials")).Append(model.TargetOwner.Vocabularies?.StartToken ?? "<s>").ToHashSet(StringComparer.Ordinal);
        var (source, target) = (Chosen(model.SourceTokens, tokens), Chosen(model.TargetTokens, tokens));
        var cuts = new List<VocabularyCut>();
        if (model.Config.Task == ModelTask.SequenceToSequence)
            cuts.Add(new VocabularyCut("src", model.SourceTokens.Count, source.Count));
        cuts.Add(new VocabularyCut("tgt", model.TargetTokens.Count, target.Count));
        var rows = new Dictionary<string, (IReadOnlyList<int> Rows, int Count)>(StringComparer.Ordinal) { [OpenNmtNames.SourceEmbedding] = (source, model.SourceTokens.Count) };
        foreach (var name in (string[])[OpenNmtNames.TargetEmbedding, OpenNmtNames.GeneratorWeight, OpenNmtNames.GeneratorBias, OpenNmtNames.CopyGeneratorWeight, OpenNmtNames.CopyGeneratorBias])
            rows.Add(name, (target, model.TargetTokens.Count));
        CutTables(model, rows);
        model.SourceTokens = [.. source.Select(id => model.SourceTokens[id])];
        model.TargetTokens = [.. target.Select(id => model.TargetTokens[id])];
        return cuts;
    }

    /// <summary>Tokens to keep that no vocabulary has. All of them are a problem: such a list belongs to another model, or has its tokens in another form.</summary>
    public static IReadOnlyList<string> Unknown(GraftedModel model, IReadOnlyCollection<string> kept)
    {
        var known = model.SourceTokens.Concat(model.TargetTokens).ToHashSet(StringComparer.Ordinal);
        List<string> unknown = [.. kept.Where(token => !known.Contains(token))];
        if (unknown.Count == kept.Count)
            model.Problems.Add(FormattableString.Invariant($"none of the {kept.Count} tokens to keep is in a vocabulary, nothing but the specials would be left"));
        return unknown;
    }

    private static List<int> Chosen(IReadOnlyList<string> tokens, HashSet<string> kept) =>
        [.. Enumerable.Range(0, tokens.Count).Where(id => kept.Contains(tokens[id]))];

    /// <summary>A tensor under several names is cut once, where the same rows are kept, so that the names still share it.</summary>
    private static void CutTables(GraftedModel model, Dictionary<string, (IReadOnlyList<int> Rows, int Count)> rows)
    {
        var done = new List<(TensorView Old, IReadOnlyList<int> Rows, TensorView New)>();
        foreach (var tensor in model.Tensors.ToList())
        {
            if (!rows.TryGetValue(tensor.Name, out var kept) || kept.Rows.Count == kept.Count && tensor.View.Rank > 0 && tensor.View.Shape[0] == kept.Count)
                continue;
            if (tensor.View.Rank == 0 || tensor.View.Shape[0] != kept.Count)
            {
                model.Problems.Add(FormattableString.Invariant($"{tensor.Name} has shape [{string.Join(", ", tensor.View.Shape)}], its vocabulary {kept.Count} tokens"));
                continue;
            }

            var known = done.Find(cut => cut.Old.IsSameViewAs(tensor.View) && cut.Rows.SequenceEqual(kept.Rows));
            var view = known.New ?? RowTable.Choose(tensor.View, kept.Rows);
            if (known.New is null)
                done.Add((tensor.View, kept.Rows, view));
            model.Set(tensor.Name, view);
        }
    }
}
