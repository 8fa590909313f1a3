using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Embeddings;
using Galvani.Models;
using Galvani.Plots;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani plot attention</c>: who looks at whom.</summary>
internal sealed class PlotAttentionCommand : FigureCommand
{
    private readonly ModelOptions models = new();
    private readonly Argument<string[]> texts = new("TEXT") { Description = "A sentence, and its translation; without one the model's own.", Arity = new ArgumentArity(1, 2) };
    private readonly Option<string> kind = new("--kind") { Description = "cross: target against source. encoder, decoder: self-attention.", HelpName = "cross|encoder|decoder", DefaultValueFactory = _ => "cross" };
    private readonly Option<string> layer = new("--layer") { Description = "The layer, from 0, or last.", HelpName = "N|last", DefaultValueFactory = _ => "last" };
    private readonly Option<string> head = new("--head") { Description = "The head, from 0, or mean.", HelpName = "N|mean", DefaultValueFactory = _ => "mean" };
    private readonly Option<bool> pieces = new("--pieces") { Description = "The texts are ready-made pieces, separated by spaces; features behind ￨." };
    private readonly TargetOptions targetSide = new();

    public PlotAttentionCommand()
        : base("attention", "Attention as a heat map: source pieces against target pieces, of one layer and head or the mean of the heads.")
    {
        Register(texts);
        foreach (var option in (Option[])[.. models.All, .. targetSide.All, kind, layer, head, pieces])
            Register(option);
    }

    public override IReadOnlyList<string> Examples => ["galvani plot attention 'Открыть файл' -o attention.png", "galvani plot attention 'Открыть файл' 'Open File' --layer 0 --head 3 -o head.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var model = models.Open(result, targetSide.Complete);
        var given = result.GetValue(texts)!;
        var source = new LineTokens(model, result.GetValue(pieces)).OfAll(given.Take(1))[0];
        if (source.Ids.Count == 0)
            throw new UsageException("The sentence has no pieces, there is nothing to attend to.");
        var (states, target) = Read(result, model, source, given.Length > 1 ? given[1] : null);
        var start = model.Checkpoint.Vocabularies!.StartToken;
        var sourceLabels = states.EncoderAttention.Count == 0 ? [start, .. source.Pieces] : source.Pieces;
        string[] targetLabels = states.CrossAttention.Count == 0 ? [.. sourceLabels] : [start, .. target];
        var (layers, queries, keys) = result.GetValue(kind) switch
        {
            "cross" => (states.CrossAttention, targetLabels, sourceLabels),
            "encoder" => (states.EncoderAttention, (IReadOnlyList<string>)sourceLabels, sourceLabels),
            "decoder" => (states.DecoderAttention, targetLabels, targetLabels),
            _ => throw new UsageException($"--kind is {result.GetValue(kind)}, expected cross, encoder or decoder."),
        };
        if (layers.Count == 0)
            throw new UsageException($"--kind is {result.GetValue(kind)}, the model has {Kinds(states)}.");
        var number = Number(result.GetValue(layer)!, "last", "--layer", layers.Count) ?? layers.Count - 1;
        var headNumber = Number(result.GetValue(head)!, "mean", "--head", states.HeadCount);
        var title = FormattableString.Invariant($"{result.GetValue(kind)} attention, layer {number}, {(headNumber is { } one ? FormattableString.Invariant($"head {one}") : "mean of the heads")}");
        return AttentionFigure.Create(queries, keys, Head(layers[number], headNumber, states.HeadCount), title);
    }

    /// <summary>The kinds of attention that a model has.</summary>
    private static string Kinds(SentenceStates states)
    {
        var kinds = new[] { ("cross", states.CrossAttention), ("encoder", states.EncoderAttention), ("decoder", states.DecoderAttention) }.Where(each => each.Item2.Count > 0).Select(each => each.Item1).ToList();
        return kinds.Count == 0 ? "none, its self-attention is a running average" : string.Join(" and ", kinds);
    }

    /// <summary>The states and the target's pieces; the target is the text given, or what the model makes of the source.</summary>
    private (SentenceStates States, IReadOnlyList<string> Target) Read(ParseResult result, NmtModel model, TokenizedLine source, string? targetText)
    {
        var reader = new StateReader(model);
        if (model.Config.Task == ModelTask.LanguageModel)
            return (reader.Read(source), []);
        var scorer = new Scorer(model);
        TokenizedLine target;
        if (targetText is not null)
            target = result.GetValue(pieces) ? scorer.TakeTargetPieces(targetText) : scorer.TokenizeTarget(targetText);
        else
        {
            var translation = new Translator(model).TranslateAll([new TranslationRequest(source, 1)])[0];
            target = scorer.TakeTargetPieces(string.Join(' ', translation.Hypotheses[0].Pieces));
        }

        return (reader.Read(source, target), target.Pieces);
    }

    private static int? Number(string text, string word, string option, int count)
    {
        if (text == word)
            return null;
        return StateLayer.TryParse(text, out var parsed) && parsed.Number < count
            ? parsed.Number
            : throw new UsageException($"{option} is {text}, expected {word} or a number from 0 to {count - 1}.");
    }

    /// <summary>[queries, keys] of one head, or the mean of all.</summary>
    private static float[] Head(float[] attention, int? head, int headCount)
    {
        var size = attention.Length / headCount;
        if (head is { } one)
            return attention[(one * size)..((one + 1) * size)];
        var mean = new float[size];
        for (var i = 0; i < attention.Length; i++)
            mean[i % size] += attention[i] / headCount;
        return mean;
    }
}

/// <summary><c>galvani plot layers</c>: how alike sentences are at each layer.</summary>
internal sealed class PlotLayersCommand : FigureCommand
{
    private readonly ModelOptions models = new();
    private readonly Argument<string[]> texts = new("TEXT") { Description = "The first sentence is compared with each of the others.", Arity = new ArgumentArity(2, 100) };
    private readonly Option<bool> pieces = new("--pieces") { Description = "The texts are ready-made pieces, separated by spaces; features behind ￨." };

    public PlotLayersCommand()
        : base("layers", "The cosine of the first sentence with each of the others, layer by layer: from the static vectors to what the decoder sees. Means over the tokens, centred.")
    {
        Register(texts);
        foreach (var option in (Option[])[.. models.All, pieces])
            Register(option);
    }

    public override IReadOnlyList<string> Examples => ["galvani plot layers 'Открыть файл' 'Закрыть файл' 'Привет, мир!' -o layers.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var model = models.Open(result);
        var reader = new StateReader(model);
        var lines = new LineTokens(model, result.GetValue(pieces)).OfAll(result.GetValue(texts)!).ToList();
        if (lines.FindIndex(line => line.Ids.Count == 0) is >= 0 and var empty)
            throw new UsageException($"Sentence {empty + 1} has no pieces, it has no states.");
        var states = lines.Select(reader.Read).ToList();
        var layers = StateLayers.Parse("all", reader.LayerCount);
        var vectors = states.Select(sentence => layers.Select(layer => Centered(sentence, layer)).ToList()).ToList();
        var series = Enumerable.Range(1, lines.Count - 1).Select(i => new LabelledVector(
            result.GetValue(texts)![i], [.. layers.Select((_, l) => (float)Similarity.Cosine(vectors[0][l], vectors[i][l]))])).ToList();
        return LayerFigure.Create(series, [.. layers.Select(layer => layer.ToString())], $"cosine with: {result.GetValue(texts)![0]}");
    }

    private static float[] Centered(SentenceStates states, StateLayer layer)
    {
        var mean = Pooling.Mean(states.Of(layer), states.Width);
        Pooling.Center(mean);
        return mean;
    }
}
