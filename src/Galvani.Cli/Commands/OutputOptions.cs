using System.CommandLine;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Commands;

/// <summary>What all commands share that write a checkpoint: where to, whether really, and how they say what they did.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The new file; its extension is the format: .pt, .safetensors, .npz. May be an input file: it appears whole or not at all.", HelpName = "OUT", Required = true,
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
    public CheckpointDestination Destination(ParseResult result)
    {
        try
        {
            var destination = IsDryRun(result) ? CheckpointDestination.Rehearsal(Path(result)) : CheckpointDestination.File(Path(result));
            return result.GetValue(format) switch
            {
                null => destination,
                "split" => destination.AsSplit(),
                var other => throw new UsageException($"--format is {other}, expected split; the other formats are chosen by the extension of --output."),
            };
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message.Split(" (Parameter")[0]);
        }
    }

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
            writer.Write($"{(file.IsRehearsal ? "would write" : "wrote")} {PlainText.Visible(file.Path)}{(file.WeightsPath is { } weights ? $" and {PlainText.Visible(weights)}" : "")}: {Numbers.Bytes(file.Bytes)}, {file.TensorCount} tensors\n");
            foreach (var line in details.Concat(file.Notes))
                writer.Write($"  {PlainText.Visible(line)}\n");
        });
    }

    private static string FormatName(CheckpointFormat format) => format switch
    {
        CheckpointFormat.Safetensors => "safetensors",
        CheckpointFormat.Numpy => "npz",
        CheckpointFormat.Split => "split",
        _ => "pt",
    };
}
