using System.CommandLine;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Commands;

/// <summary>The formats that a command writes.</summary>
internal enum OutputFormats
{
    /// <summary>Those of checkpoints.</summary>
    Checkpoints,

    /// <summary>Those of checkpoints, and <c>.galvani</c>.</summary>
    WithPacked,
}

/// <summary>What all commands share that write a checkpoint: where to, whether really, and how they say what they did.</summary>
/// <param name="formats">The formats that the command writes.</param>
internal sealed class OutputOptions(OutputFormats formats = OutputFormats.Checkpoints)
{
    private readonly Option<string> output = new("--output", "-o")
    {
        Description = $"The new file; its extension is the format: .pt, .safetensors, .npz{(formats == OutputFormats.WithPacked ? ", .galvani" : "")}. May be an input file: it appears whole or not at all.", HelpName = "OUT", Required = true,
    };

    private readonly Option<string?> format = new("--format")
    {
        Description = "split: OUT.pt without weights and OUT.00.safetensors with them, as OpenNMT-py saves with save_format safetensors. Default: by extension.", HelpName = "split",
    };

    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Do the work and say what would be written, write nothing." };
    private readonly Option<bool> json = new("--json") { Description = "Say what was done as JSON." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[output, format, dryRun, json])
            command.Options.Add(option);
    }

    /// <summary>The file that the command line names.</summary>
    public string Path(ParseResult result) => result.GetValue(output)!;

    public bool IsDryRun(ParseResult result) => result.GetValue(dryRun);

    public bool IsJson(ParseResult result) => result.GetValue(json);

    /// <summary>Where to write.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="limits">What the new file is to be readable with.</param>
    public CheckpointDestination Destination(ParseResult result, CheckpointLimits limits)
    {
        var destination = Create(Path(result), IsDryRun(result)).Within(limits);
        if (formats != OutputFormats.WithPacked)
            RefusePacked(destination);
        return result.GetValue(format) switch
        {
            null => destination,
            "split" => AsSplit(destination),
            var other => throw new UsageException($"--format is {other}, expected split; the other formats are chosen by the extension of --output."),
        };
    }

    /// <summary>A destination in a format that checkpoints are written in.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isDryRun">Whether to write nothing.</param>
    /// <exception cref="UsageException">The extension is none of these formats.</exception>
    public static CheckpointDestination ForCheckpoint(string path, bool isDryRun) => RefusePacked(Create(path, isDryRun));

    private static CheckpointDestination Create(string path, bool isDryRun) => Checked(() => isDryRun ? CheckpointDestination.Rehearsal(path) : CheckpointDestination.File(path));

    private static CheckpointDestination AsSplit(CheckpointDestination destination) => Checked(destination.AsSplit);

    private static CheckpointDestination Checked(Func<CheckpointDestination> create)
    {
        try
        {
            return create();
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message.Split(" (Parameter")[0]);
        }
    }

    private static CheckpointDestination RefusePacked(CheckpointDestination destination) => destination.Format != CheckpointFormat.Galvani
        ? destination
        : throw new UsageException($"{destination.Path} is named as a .galvani file, which only convert writes: write a .pt file here, then galvani convert it.");

    /// <summary>Says what was written, and what the command adds about it.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="file">What was written.</param>
    /// <param name="details">What the command did, one line each.</param>
    /// <param name="writeJson">Adds the command's own names to the JSON object.</param>
    public void Say(ParseResult result, WrittenCheckpoint file, IEnumerable<string> details, Action<JsonText> writeJson)
    {
        if (IsJson(result))
        {
            Standard.WriteJson(json =>
            {
                json.BeginObject().Name("output").Text(file.Path);
                if (file.WeightsPath is { } weights)
                    json.Name("weights").Text(weights);
                json.Name("written").Flag(!file.IsRehearsal).Name("format").Text(FormatName(file.Format)).Name("bytes").Number(file.Bytes)
                    .Name("tensors").Number((long)file.TensorCount);
                writeJson(json);
                json.Name("notes").Texts(file.Notes).EndObject();
            });
            return;
        }

        Standard.Write(writer =>
        {
            writer.Write($"{(file.IsRehearsal ? "would write" : "wrote")} {PlainText.Visible(file.Path)}{(file.WeightsPath is { } weights ? $" and {PlainText.Visible(weights)}" : "")}: {Numbers.Bytes(file.Bytes)}, {Numbers.Of(file.TensorCount, "tensor")}\n");
            foreach (var line in details.Concat(file.Notes))
                writer.Write($"  {PlainText.Visible(line)}\n");
        });
    }

    private static string FormatName(CheckpointFormat format) => format switch
    {
        CheckpointFormat.Safetensors => "safetensors",
        CheckpointFormat.Numpy => "npz",
        CheckpointFormat.Split => "split",
        CheckpointFormat.Galvani => "galvani",
        _ => "pt",
    };
}
