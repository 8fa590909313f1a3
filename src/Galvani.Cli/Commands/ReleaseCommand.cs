using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani release</c>: a checkpoint without the optimizer's state.</summary>
internal sealed class ReleaseCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly OutputOptions output = new();
    private readonly LimitOption limits = new();
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };

    public ReleaseCommand(Interruption interruption)
        : base("release", "Drops the optimizer's state, which only training needs; everything else stays.")
    {
        this.interruption = interruption;
        Register(file);
        output.AddTo(this);
        Register(limits.Option);
    }

    public override IReadOnlyList<string> Examples => ["galvani release model_step_100000.pt -o model.pt", "galvani release model.pt -o model.pt"];

    protected override int Execute(ParseResult result)
    {
        var destination = output.Destination(result, limits.Read(result));
        using var checkpoint = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(file)), limits.Read(result));
        var sourceBytes = checkpoint.Checkpoint.FileBytes;
        using var progress = new ByteProgress("writing");
        var report = CheckpointRelease.Run(checkpoint, destination, progress, interruption.Token);
        output.Say(result, report.File, [Dropped(report)], json => json.Name("source_bytes").Number(sourceBytes).Name("optimizer").Text(report.Optimizer.Description).Name("dropped").Flag(report.Optimizer.IsPresent));
        return ExitCodes.Done;
    }

    private static string Dropped(ReleaseReport report) =>
        report.Optimizer.IsPresent ? $"dropped the optimizer: {report.Optimizer.Description}" : $"there was no optimizer to drop: {report.Optimizer.Description}";
}
