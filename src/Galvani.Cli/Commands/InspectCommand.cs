using System.CommandLine;
using Galvani.Checkpoints.Operations;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani inspect</c>: looks into a checkpoint.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> archive = new("--archive") { Description = "The archive's entries, and which tensors use each." };
    private readonly Option<bool> options = new("--opt") { Description = "The options, grouped; defaults and repairs marked." };
    private readonly Option<bool> vocabulary = new("--vocab") { Description = "The tokens with their ids." };
    private readonly Option<string?> grep = new("--grep") { Description = "With --vocab: only tokens that match a regular expression.", HelpName = "RE" };
    private readonly Option<string?> tensors = new("--tensors") { Description = "Names, types, shapes; equal layers folded.", HelpName = "GLOB", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> unfold = new("--unfold") { Description = "With --tensors: every layer by itself." };
    private readonly Option<string?> values = new("--values") { Description = "The numbers of a tensor; of a large one the edges.", HelpName = "NAME" };
    private readonly Option<string?> statistics = new("--stats") { Description = "Minimum, maximum, mean, deviation, norm, NaN, zeros, histogram.", HelpName = "GLOB", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> rows = new("--rows") { Description = "With --stats: the smallest and largest row norms with their tokens." };
    private readonly Option<string?> explain = new("--explain") { Description = "What each dimension of a tensor means, and why it has its size.", HelpName = "NAME" };
    private readonly Option<string?> objectPath = new("--object") { Description = "Any node of the object tree: / is the root, /opt/heads, /vocab/src/0 ...", HelpName = "PATH" };
    private readonly Option<bool> pickle = new("--pickle") { Description = "The opcodes of the pickle with their offsets." };
    private readonly Option<bool> safety = new("--safety") { Description = "What a Python loader would have executed. Exit code 0: nothing; 1: something, or the file is broken." };
    private readonly LimitOption limits = new();
    private readonly Option<bool> all = new("--all") { Description = "Cut nothing." };
    private readonly Option<bool> json = new("--json") { Description = "One JSON document." };

    public InspectCommand()
        : base("inspect", "Looks into a checkpoint: by default one screen that tells what it is. Reads the archive's directory and the pickle, weights only where they are asked for; executes nothing.")
    {
        Register(file);
        foreach (var option in (Option[])[archive, options, vocabulary, grep, tensors, unfold, values, statistics, rows, explain, objectPath, pickle, safety, all, limits.Option, json])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani inspect model.pt",
        "galvani inspect model.pt --tensors 'encoder.*'",
        "galvani inspect model.pt --explain encoder.embeddings.make_embedding.pe.pe",
        "galvani inspect model.pt --vocab --grep '^▁Ma'",
        "galvani inspect model.pt --object /opt/transformer_ff --json",
        "galvani inspect downloaded.pt --safety",
    ];

    protected override int Execute(ParseResult result)
    {
        var views = ((Option, Func<ParseResult, string, int>)[])
        [
            (archive, Archive), (options, ShowOptions), (vocabulary, Vocabulary), (tensors, Tensors), (values, Values), (statistics, Statistics), (explain, Explain), (objectPath, Object), (pickle, Pickle), (safety, Safety),
        ];
        var chosen = views.Where(view => result.GetResult(view.Item1) is { Implicit: false }).ToList();
        if (chosen.Count > 1)
            throw new UsageException($"{string.Join(" and ", chosen.Select(view => view.Item1.Name))} are given, expected one view.");
        CheckCompanions(result);
        var path = ModelLocator.Resolve(result.GetValue(file));
        return chosen.Count == 1 ? chosen[0].Item2(result, path) : Show(result, path, OverviewView.WriteText, OverviewView.WriteJson);
    }

    private void CheckCompanions(ParseResult result)
    {
        foreach (var (option, owner) in ((Option, Option)[])[(grep, vocabulary), (unfold, tensors), (rows, statistics)])
        {
            if (result.GetResult(option) is { Implicit: false } && result.GetResult(owner) is null or { Implicit: true })
                throw new UsageException($"{option.Name} goes with {owner.Name}.");
        }
    }

    private int Archive(ParseResult result, string path) =>
        Show(result, path, (output, checkpoint) => ArchiveView.WriteText(output, checkpoint.Checkpoint), (output, checkpoint) => ArchiveView.WriteJson(output, checkpoint.Checkpoint));

    private int ShowOptions(ParseResult result, string path) =>
        Show(result, path, (output, checkpoint) => OptionsView.WriteText(output, checkpoint.Options, result.GetValue(all)), (output, checkpoint) => OptionsView.WriteJson(output, checkpoint.Options));

    private int Vocabulary(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) => VocabularyView.WriteText(output, checkpoint, result.GetValue(grep), result.GetValue(all)),
        (output, checkpoint) => VocabularyView.WriteJson(output, checkpoint, result.GetValue(grep)));

    private int Tensors(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) => TensorsView.WriteText(output, TensorChoice.Matching(checkpoint, result.GetValue(tensors) ?? ""), result.GetValue(unfold)),
        (output, checkpoint) => TensorsView.WriteJson(output, TensorChoice.Matching(checkpoint, result.GetValue(tensors) ?? "")));

    private int Values(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) => ValuesView.WriteText(output, TensorChoice.One(checkpoint, result.GetValue(values)!), Settings(result)),
        (output, checkpoint) => ValuesView.WriteJson(output, TensorChoice.One(checkpoint, result.GetValue(values)!), Settings(result)));

    private int Statistics(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) => StatisticsView.WriteText(output, checkpoint, TensorChoice.Matching(checkpoint, result.GetValue(statistics) ?? ""), result.GetValue(rows)),
        (output, checkpoint) => StatisticsView.WriteJson(output, checkpoint, TensorChoice.Matching(checkpoint, result.GetValue(statistics) ?? ""), result.GetValue(rows)));

    private int Explain(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) =>
        {
            var tensor = TensorChoice.One(checkpoint, result.GetValue(explain)!);
            ExplainView.WriteText(output, tensor, new ShapeExplainer(checkpoint).Explain(tensor));
        },
        (output, checkpoint) =>
        {
            var tensor = TensorChoice.One(checkpoint, result.GetValue(explain)!);
            ExplainView.WriteJson(output, tensor, new ShapeExplainer(checkpoint).Explain(tensor));
        });

    private int Object(ParseResult result, string path) => Show(
        result, path, (output, checkpoint) => ObjectView.WriteText(output, Node(checkpoint, result.GetValue(objectPath)!), result.GetValue(all)),
        (output, checkpoint) =>
        {
            var objectName = result.GetValue(objectPath)!;
            ObjectView.WriteValue(output, Node(checkpoint, objectName), Settings(result), objectName == "/" ? "" : objectName);
        });

    private int Pickle(ParseResult result, string path) =>
        Show(result, path, (output, checkpoint) => PickleView.WriteText(output, checkpoint.Checkpoint), (output, checkpoint) => PickleView.WriteJson(output, checkpoint.Checkpoint));

    private int Safety(ParseResult result, string path)
    {
        var scan = SafetyScan.Run(path, limits.Read(result));
        if (result.GetValue(json))
            Standard.WriteJson(output => SafetyView.WriteJson(output, scan));
        else
            Standard.Write(output => SafetyView.WriteText(output, scan));
        return scan.Verdict == SafetyVerdict.Safe ? ExitCodes.Done : ExitCodes.Failed;
    }

    private ObjectView.Settings Settings(ParseResult result) => new(result.GetValue(all)) { MaximumNodes = limits.ReadJsonNodes(result) };

    private int Show(ParseResult result, string path, Action<TextWriter, OpenNmtCheckpoint> writeText, Action<JsonText, OpenNmtCheckpoint> writeJson)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(path, limits.Read(result));
        if (result.GetValue(json))
            Standard.WriteJson(output => writeJson(output, checkpoint));
        else
            Standard.Write(output => writeText(output, checkpoint));
        return ExitCodes.Done;
    }

    private static Checkpoints.Pickles.PickleValue Node(OpenNmtCheckpoint checkpoint, string path)
    {
        if (checkpoint.Checkpoint.Find(path) is { } node)
            return node;
        var parent = path[..Math.Max(0, path.LastIndexOf('/'))];
        var siblings = checkpoint.Checkpoint.Find(parent.Length == 0 ? "/" : parent) is { } owner ? Checkpoints.ObjectTree.Children(owner).Select(child => Checkpoints.ObjectTree.Append(parent, child.Key)) : [];
        throw new CommandException($"The file has no object {path}.{Hints.Nearest(path, siblings)}");
    }
}
