using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>
/// Puts parts of models into another: whole encoders and decoders, single layers, rows of embeddings matched by token, smaller vocabularies. Options and vocabulary of the
/// result say what it is, as OpenNMT-py's loader demands; the optimizer's state is dropped. Whether the result translates is another question: parts of models that
/// were not trained together do not know each other.
/// </summary>
public static class ModelGraft
{
    /// <summary>Puts a model together.</summary>
    /// <param name="baseModel">The model that everything is put into, in the form of OpenNMT-py 3.</param>
    /// <param name="destination">Where to; may be the base's file.</param>
    /// <param name="options">What to put into it.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="UnsupportedCheckpointException">The base is no whole checkpoint in the form of OpenNMT-py 3.</exception>
    /// <exception cref="WeightMismatchException">Something does not fit; all is named.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static GraftReport Run(
        OpenNmtCheckpoint baseModel, CheckpointDestination destination, GraftOptions options, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        CheckBase(baseModel);
        var model = new GraftedModel(baseModel);
        var parts = TakeParts(model, options);
        var layers = StackLayers(model, options);
        var rows = TakeRows(model, options);
        var unknown = options.KeptTokens is { } known ? TokenCut.Unknown(model, known) : [];
        var cuts = options.KeptTokens is { } kept ? TokenCut.Apply(model, kept) : [];
        if (model.Problems.Count > 0)
            throw new WeightMismatchException($"Nothing was grafted into {baseModel.Checkpoint.FilePath}: {string.Join("; ", model.Problems)}");
        var edits = GraftedOptions.Of(model);
        var file = CheckpointFile.Write(destination, Content(model, edits), progress, cancellationToken);
        return new GraftReport(file, parts, layers, rows, cuts, unknown, edits.Changes, model.Overflows);
    }

    private static void CheckBase(OpenNmtCheckpoint baseModel)
    {
        var path = baseModel.Checkpoint.FilePath;
        if (!baseModel.IsOpenNmt || baseModel.Part is not null || baseModel.IsLowRankAdaptation || baseModel.Vocabularies is null)
            throw new UnsupportedCheckpointException($"The base must be a whole checkpoint with options and vocabularies ({path}).");
        if (!Version3Form.IsOf(baseModel))
            throw new UnsupportedCheckpointException($"The base has the form of an older OpenNMT-py; convert it first to {nameof(ToolkitForm)}.{nameof(ToolkitForm.Version3)} ({path}).");
    }

    private static List<string> TakeParts(GraftedModel model, GraftOptions options)
    {
        var parts = new List<string>();
        if (options.Encoder is { } encoder)
            parts.Add(PartGraft.TakeEncoder(model, encoder));
        if (options.Decoder is { } decoder)
            parts.Add(PartGraft.TakeDecoder(model, decoder));
        return parts;
    }

    private static List<LayerOrigin> StackLayers(GraftedModel model, GraftOptions options)
    {
        var origins = new List<LayerOrigin>();
        foreach (var side in (ModelSide[])[ModelSide.Encoder, ModelSide.Decoder])
        {
            var (kept, puts) = (options.BaseLayers.Where(range => range.Side == side).ToList(), options.Layers.Where(graft => graft.Target.Side == side).ToList());
            if (kept.Count + puts.Count == 0)
                continue;
            if (kept.Count > 1)
                model.Problems.Add($"layers to keep of the {LayerRange.SideName(side)} are given {kept.Count} times, expected once");
            if (side == ModelSide.Encoder && model.Config.Task == ModelTask.LanguageModel)
                model.Problems.Add("encoder layers: a language model has no encoder");
            var stack = new LayerStack(model, side);
            kept.ForEach(range => stack.Keep(range.Layers));
            puts.ForEach(stack.Put);
            origins.AddRange(stack.Apply());
        }

        return origins;
    }

    private static List<RowMatch> TakeRows(GraftedModel model, GraftOptions options)
    {
        var matches = new List<RowMatch>();
        if (options is { SourceEmbedding: { } source, TargetEmbedding: { } target } && SharesTable(model, source, target))
            return [.. RowGraft.TakeTarget(model, target, options.Unmatched), .. Generator(model, options)];
        if (options.SourceEmbedding is { } alone)
            matches.AddRange(RowGraft.TakeSource(model, alone, options.Unmatched));
        if (options.TargetEmbedding is { } other)
            matches.AddRange(RowGraft.TakeTarget(model, other, options.Unmatched));
        matches.AddRange(Generator(model, options));
        return matches;
    }

    private static IEnumerable<RowMatch> Generator(GraftedModel model, GraftOptions options) =>
        options.Generator is { } donor ? RowGraft.TakeGenerator(model, donor, options.Unmatched) : [];

    /// <summary>Whether the base has one table for both sides, so that rows are taken once; the donor must have one too, or two equal ones would be needed.</summary>
    private static bool SharesTable(GraftedModel model, OpenNmtCheckpoint source, OpenNmtCheckpoint target)
    {
        if (model.Find(OpenNmtNames.SourceEmbedding) is not { } own || model.Find(OpenNmtNames.TargetEmbedding) is not { } other || !own.IsSameViewAs(other))
            return false;
        var (first, second) = (source.Find(OpenNmtNames.SourceEmbedding)?.View, target.Find(OpenNmtNames.TargetEmbedding)?.View);
        if (first is not null && second is not null && !first.IsSameViewAs(second))
            model.Problems.Add($"the base has one embedding for both sides, the donors {source.Checkpoint.FilePath} and {target.Checkpoint.FilePath} have two tables; take the rows of one side");
        return true;
    }

    private static CheckpointContent Content(GraftedModel model, OptionEdits edits)
    {
        var root = (PickleDictionary)model.Base.Checkpoint.Root;
        var replaced = new Dictionary<string, PickleValue>(StringComparer.Ordinal) { ["vocab"] = GraftedOptions.Vocabulary(model, (PickleDictionary)root["vocab"]!) };
        if (edits.Build() is { } opt)
            replaced.Add("opt", opt);
        return ModelContent.Rebuilt(model.Base, model.Nodes(), replaced);
    }
}
