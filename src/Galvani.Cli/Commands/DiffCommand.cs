using System.CommandLine;
using Galvani.Checkpoints;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Views;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani diff</c>: how two checkpoints differ.</summary>
internal sealed class DiffCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly Argument<string> first = new("A") { Description = "A checkpoint." };
    private readonly Argument<string> second = new("B") { Description = "Another." };
    private readonly LimitOption limits = new();
    private readonly Option<bool> json = new("--json") { Description = "One JSON document." };

    public DiffCommand(Interruption interruption)
        : base("diff", "Compares options, vocabularies and tensors of two checkpoints; the optimizer is not compared. Exit code 0: the same; 1: they differ; 2: they could not be compared.")
    {
        this.interruption = interruption;
        Register(first);
        Register(second);
        Register(limits.Option);
        Register(json);
    }

    public override IReadOnlyList<string> Examples => ["galvani diff a.pt b.pt", "galvani diff model.pt model.safetensors --json"];

    protected override int Execute(ParseResult result)
    {
        try
        {
            using var left = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(first)), limits.Read(result));
            using var right = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(second)), limits.Read(result));
            var report = CheckpointDiff.Run(left, right, interruption.Token);
            if (result.GetValue(json))
                Standard.WriteJson(output => DiffView.WriteJson(output, report));
            else
                Standard.Write(output => DiffView.WriteText(output, report));
            return report.IsSame ? ExitCodes.Done : ExitCodes.Failed;
        }
        catch (Exception exception) when (exception is CommandException or CheckpointFormatException or UnsupportedCheckpointException or WeightMismatchException or FileNotFoundException or UnauthorizedAccessException)
        {
            throw new UsageException(exception.Message + LimitOption.Hint(exception.Message)); // 1 would say that they differ
        }
    }
}
