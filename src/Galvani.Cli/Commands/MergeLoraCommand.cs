using System.CommandLine;
using System.Globalization;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani merge-lora</c>: a low-rank adaptation merged into its base model.</summary>
internal sealed class MergeLoraCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly OutputOptions output = new();
    private readonly LimitOption limits = new();
    private readonly Argument<string> baseModel = new("BASE") { Description = "The whole model that was adapted." };
    private readonly Argument<string> adaptation = new("LORA") { Description = "The file with the factors lora_A and lora_B." };
    private readonly Option<double?> alpha = new("--alpha") { Description = "The alpha of the scale alpha / rank. Default: the recorded lora_alpha.", HelpName = "NUMBER", CustomParser = NumberArgument.ReadOptional };

    public MergeLoraCommand(Interruption interruption)
        : base("merge-lora", "Merges a low-rank adaptation (LoRA) into its base model: W + alpha / rank · B · A, of embeddings the product transposed.")
    {
        this.interruption = interruption;
        Register(baseModel);
        Register(adaptation);
        output.AddTo(this);
        Register(limits.Option);
        Register(alpha);
    }

    public override IReadOnlyList<string> Examples => ["galvani merge-lora base.pt lora.pt -o merged.pt"];

    protected override int Execute(ParseResult result)
    {
        if (result.GetValue(alpha) is { } number && !float.IsFinite((float)number))
            throw new UsageException(FormattableString.Invariant($"--alpha is {number}, expected a finite number of float32."));
        var destination = output.Destination(result, limits.Read(result));
        using var model = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(baseModel)), limits.Read(result));
        using var factors = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(adaptation)), limits.Read(result));
        using var progress = new ByteProgress("merging");
        var report = LowRankMerge.Run(model, factors, destination, new LowRankMergeOptions { Alpha = result.GetValue(alpha) }, progress, interruption.Token);
        output.Say(result, report.File, Details(report), json =>
        {
            json.Name("alpha").Number(report.Alpha).Name("rank").Number((long)report.Rank).Name("merged").Texts(report.Merged).Name("replaced").Texts(report.Replaced);
            json.Name("became_infinite").BeginObject();
            foreach (var (name, count) in report.Overflows)
                json.Name(name).Number(count);
            json.EndObject().Name("changes").Texts(report.Changes);
        });
        return ExitCodes.Done;
    }

    private static IEnumerable<string> Details(LowRankMergeReport report)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"scale {report.Alpha:R} / {report.Rank}");
        foreach (var name in report.Merged)
            yield return $"merged {name}";
        foreach (var name in report.Replaced)
            yield return $"replaced {name}";
        foreach (var (name, count) in report.Overflows)
            yield return FormattableString.Invariant($"{name}: {count} finite sums became infinite, beyond the range of its type");
        foreach (var change in report.Changes)
            yield return change;
    }
}
