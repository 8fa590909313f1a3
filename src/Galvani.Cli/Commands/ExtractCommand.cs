using System.CommandLine;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani extract</c>: parts of a checkpoint as a file of their own.</summary>
internal sealed class ExtractCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> output = new("--output", "-o") { Description = "The new file; may be the checkpoint itself.", HelpName = "OUT", Required = true };
    private readonly Option<string?> part = new("--part") { Description = "A part: the source embedding with its positions, or all of one side.", HelpName = "embeddings|encoder|decoder|generator" };
    private readonly Option<string?> tensors = new("--tensors") { Description = "The tensors whose names match.", HelpName = "GLOB" };
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
        foreach (var option in (Option[])[output, part, tensors, rename, positions, format, dryRun, limits.Option, json])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani extract --part embeddings -o small.pt",
        "galvani extract model.pt --part embeddings --positions 512 -o small.pt",
        "galvani extract model.pt --part embeddings --format text -o vectors.txt",
        "galvani extract model.pt --tensors 'encoder.transformer.0.*' -o layer.pt",
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
        var tree = PartExtraction.Build(checkpoint, chosen, result.GetValue(part), result.GetValue(positions), Renamer(result.GetValue(rename) ?? []), out var report);
        var tokenizer = checkpoint.Tokenization.FindSourceModel(out _);
        if (!result.GetValue(dryRun))
        {
            CheckpointWriter.Write(target, tree, cancellationToken: interruption.Token);
            CopyTokenizer(tokenizer, target);
        }

        Say(result, target, report, tokenizer);
        return ExitCodes.Done;
    }

    private IReadOnlyList<OpenNmtTensor> Choose(ParseResult result, OpenNmtCheckpoint checkpoint)
    {
        var (partName, pattern) = (result.GetValue(part), result.GetValue(tensors));
        if (partName is null == pattern is null)
            throw new UsageException("Expected one of --part and --tensors.");
        if (pattern is not null)
            return TensorChoice.Matching(checkpoint, pattern);
        if (!PartExtraction.PartNames.Contains(partName))
            throw new UsageException($"There is no part {partName}; the parts are {string.Join(", ", PartExtraction.PartNames)}.");
        return PartExtraction.TensorsOf(checkpoint, partName!);
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

    private static void CopyTokenizer(string? tokenizer, string target)
    {
        if (tokenizer is null)
            return;
        var copy = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(target))!, Path.GetFileName(tokenizer));
        if (Path.GetFullPath(tokenizer) == copy)
            return;
        using var source = File.OpenRead(tokenizer);
        AtomicFile.Write(copy, stream => source.CopyTo(stream));
    }

    private int WriteText(ParseResult result, OpenNmtCheckpoint checkpoint, string target)
    {
        if (!result.GetValue(dryRun))
            AtomicFile.Write(target, stream => PartExtraction.WriteText(checkpoint, stream, interruption.Token));
        Standard.Write(writer => writer.Write($"{(result.GetValue(dryRun) ? "would write" : "wrote")} {target}: the source embedding as text{(result.GetValue(dryRun) ? "" : ", " + Numbers.Bytes(new FileInfo(target).Length))}\n"));
        return ExitCodes.Done;
    }

    private void Say(ParseResult result, string target, ExtractionReport report, string? tokenizer)
    {
        var isDry = result.GetValue(dryRun);
        var bytes = isDry ? report.Bytes : new FileInfo(target).Length;
        var factor = bytes > 0 ? (double)report.SourceBytes / bytes : 0;
        if (result.GetValue(json))
        {
            Standard.WriteJson(writer => writer.BeginObject().Name("output").Text(target).Name("written").Flag(!isDry).Name("tensors").Texts(report.TensorNames)
                .Name("source_bytes").Number(report.SourceBytes).Name("bytes").Number(bytes).Name("times_smaller").Number(factor).Name("tokenizer").Text(tokenizer is null ? null : Path.GetFileName(tokenizer)).EndObject());
            return;
        }

        Standard.Write(writer =>
        {
            writer.Write($"{(isDry ? "would write" : "wrote")} {PlainText.Visible(target)}{(tokenizer is null ? "" : $" and {Path.GetFileName(tokenizer)} beside it")}\n");
            foreach (var name in report.TensorNames)
                writer.Write($"  {PlainText.Visible(name)}\n");
            writer.Write(FormattableString.Invariant($"{Numbers.Bytes(bytes)}, {factor:0.0} times smaller than {Numbers.Bytes(report.SourceBytes)}\n"));
        });
    }
}
