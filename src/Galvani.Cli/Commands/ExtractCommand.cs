using System.CommandLine;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani extract</c>: parts of a checkpoint as a file of their own.</summary>
internal sealed class ExtractCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> output = new("--output", "-o") { Description = "The new file; its extension is the format: .pt, .safetensors, .npz. May be the checkpoint itself.", HelpName = "OUT", Required = true };
    private readonly Option<string?> part = new("--part") { Description = "A part: the source embedding with its positions, or all of one side.", HelpName = "embeddings|encoder|decoder|generator" };
    private readonly Option<string[]> tensors = new("--tensors") { Description = "The tensors whose names match; may be given several times.", HelpName = "GLOB" };
    private readonly Option<string[]> layers = new("--layers") { Description = "Layers of a side: encoder:0-2, decoder:0,3; may be given several times. What any of --part, --tensors and --layers names is taken.", HelpName = "SIDE:LAYERS" };
    private readonly Option<string[]> rename = new("--rename") { Description = "Rename tensors: OLD=NEW replaces the beginning OLD of names.", HelpName = "OLD=NEW" };
    private readonly Option<int?> positions = new("--positions") { Description = "Keep the first N rows of positional tables.", HelpName = "N" };
    private readonly Option<string> format = new("--format") { Description = "pt, or text: a line 'token v1 v2 ...' for each row of the source embedding.", HelpName = "pt|text", DefaultValueFactory = _ => "pt" };
    private readonly LimitOption limits = new();
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Say what would be written, write nothing." };
    private readonly Option<bool> json = new("--json") { Description = "Say what was done as JSON." };

    public ExtractCommand(Interruption interruption)
        : base("extract", "Cuts parts out of a checkpoint into a file of their own, with vocabulary and options; torch.load opens it, and inspect, embed and compare work on it alone.")
    {
        this.interruption = interruption;
        Register(file);
        foreach (var option in (Option[])[output, part, tensors, layers, rename, positions, format, dryRun, limits.Option, json])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani extract --part embeddings -o small.pt",
        "galvani extract model.pt --part embeddings --positions 512 -o small.pt",
        "galvani extract model.pt --part embeddings --format text -o vectors.txt",
        "galvani extract model.pt --tensors 'encoder.transformer.0.*' -o layer.pt",
        "galvani extract model.pt --layers encoder:0-2 --layers decoder:0 -o layers.safetensors",
    ];

    protected override int Execute(ParseResult result)
    {
        var path = ModelLocator.Resolve(result.GetValue(file));
        var target = result.GetValue(output)!;
        using var checkpoint = OpenNmtCheckpoint.Open(path, limits.Read(result));
        if (result.GetValue(format) is "text")
            return WriteText(result, checkpoint, target);
        if (result.GetValue(format) is not "pt")
            throw new UsageException($"--format is {result.GetValue(format)}, expected pt or text.");
        if (result.GetValue(positions) is < 1)
            throw new UsageException($"--positions is {result.GetValue(positions)}, expected at least 1.");
        var chosen = Choose(result, checkpoint);
        if (result.GetValue(positions) is not null && !chosen.Exists(tensor => OpenNmtNames.IsPositionalTable(tensor.Name)))
            throw new UsageException("--positions keeps rows of a positional table, and what is cut out has none.");
        var content = PartExtraction.Build(checkpoint, chosen, Mark(result), result.GetValue(positions), Renamer(result.GetValue(rename) ?? []), out var report);
        var tokenizer = checkpoint.Tokenization.FindSourceModel(out _);
        using var progress = new ByteProgress("extracting");
        var written = CheckpointFile.Write(OutputOptions.ForCheckpoint(target, result.GetValue(dryRun)).Within(limits.Read(result)), content, progress, interruption.Token);
        if (!written.IsRehearsal && tokenizer is not null)
            TokenizerFiles.Copy([tokenizer], target);
        Say(result, written, report, tokenizer);
        return ExitCodes.Done;
    }

    /// <summary>What the new file is: the part by name, else a choice.</summary>
    private string Mark(ParseResult result)
    {
        var isPartAlone = (result.GetValue(tensors) ?? []).Length + (result.GetValue(layers) ?? []).Length == 0;
        return isPartAlone ? result.GetValue(part)! : "selection";
    }

    private List<OpenNmtTensor> Choose(ParseResult result, OpenNmtCheckpoint checkpoint)
    {
        var (partName, patterns, ranges) = (result.GetValue(part), result.GetValue(tensors) ?? [], result.GetValue(layers) ?? []);
        if (partName is null && patterns.Length + ranges.Length == 0)
            throw new UsageException("Expected --part, --tensors or --layers.");
        if (partName is not null && !PartExtraction.PartNames.Contains(partName))
            throw new UsageException($"There is no part {partName}; the parts are {string.Join(", ", PartExtraction.PartNames)}.");
        var chosen = new HashSet<OpenNmtTensor>();
        if (partName is not null)
            chosen.UnionWith(PartExtraction.TensorsOf(checkpoint, partName));
        foreach (var pattern in patterns)
            chosen.UnionWith(TensorChoice.Matching(checkpoint, pattern));
        foreach (var range in ranges)
            chosen.UnionWith(PartExtraction.TensorsOf(checkpoint, Range(range)));
        return [.. TensorChoice.All(checkpoint).Where(chosen.Contains)];
    }

    private static LayerRange Range(string text)
    {
        try
        {
            return LayerRange.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--layers: {exception.Message}");
        }
    }

    private static Func<string, string> Renamer(string[] rules)
    {
        var pairs = rules.Select(rule => rule.Split('=', 2) is [{ Length: > 0 } old, var next] ? (old, next) : throw new UsageException($"--rename is '{rule}', expected OLD=NEW.")).ToList();
        return name =>
        {
            foreach (var (old, next) in pairs)
            {
                if (name.StartsWith(old, StringComparison.Ordinal))
                    return next + name[old.Length..];
            }

            return name;
        };
    }

    private int WriteText(ParseResult result, OpenNmtCheckpoint checkpoint, string target)
    {
        if (result.GetValue(part) is not (null or "embeddings") || ((Option[])[tensors, layers, rename, positions]).Any(option => result.GetResult(option) is { Implicit: false }))
            throw new UsageException("--format text writes the embeddings as text: of --part it takes embeddings, and no --tensors, --layers, --rename or --positions.");
        WithoutEffect.Say(result, "--format text says in one line what was written", json);
        var side = checkpoint.Find(OpenNmtNames.SourceEmbedding) is null ? "target" : "source"; // a language model has only the one
        if (!result.GetValue(dryRun))
            AtomicFile.Write(target, stream => PartExtraction.WriteText(checkpoint, stream, interruption.Token));
        Standard.Write(writer => writer.Write($"{(result.GetValue(dryRun) ? "would write" : "wrote")} {target}: the {side} embedding as text{(result.GetValue(dryRun) ? "" : ", " + Numbers.Bytes(new FileInfo(target).Length))}\n"));
        return ExitCodes.Done;
    }

    private void Say(ParseResult result, WrittenCheckpoint written, ExtractionReport report, string? tokenizer)
    {
        var factor = written.Bytes > 0 ? (double)report.SourceBytes / written.Bytes : 0;
        if (result.GetValue(json))
        {
            Standard.WriteJson(writer => writer.BeginObject().Name("output").Text(written.Path).Name("written").Flag(!written.IsRehearsal).Name("tensors").Texts(report.TensorNames)
                .Name("source_bytes").Number(report.SourceBytes).Name("bytes").Number(written.Bytes).Name("times_smaller").Number(factor)
                .Name("tokenizer").Text(tokenizer is null ? null : Path.GetFileName(tokenizer)).Name("notes").Texts(written.Notes).EndObject());
            return;
        }

        Standard.Write(writer =>
        {
            writer.Write($"{(written.IsRehearsal ? "would write" : "wrote")} {PlainText.Visible(written.Path)}{(tokenizer is null ? "" : $" and {Path.GetFileName(tokenizer)} beside it")}\n");
            foreach (var line in report.TensorNames.Concat(written.Notes))
                writer.Write($"  {PlainText.Visible(line)}\n");
            writer.Write(FormattableString.Invariant($"{Numbers.Bytes(written.Bytes)}, {factor:0.0} times smaller than {Numbers.Bytes(report.SourceBytes)}\n"));
        });
    }
}
