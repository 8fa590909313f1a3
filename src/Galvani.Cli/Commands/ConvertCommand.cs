using System.CommandLine;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani convert</c>: another format, element type or version.</summary>
internal sealed class ConvertCommand : CliCommand
{
    private static readonly (string Name, DType Type)[] Types = [("f32", DType.Float32), ("f16", DType.Float16), ("bf16", DType.BFloat16)];

    private readonly Interruption interruption;
    private readonly OutputOptions output = new();
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> type = new("--dtype") { Description = "Cast the model's floating-point tensors, rounded to nearest; numbers that become infinite are counted.", HelpName = "f32|f16|bf16" };
    private readonly Option<string?> form = new("--to") { Description = "v3: options and vocabularies in the form of OpenNMT-py 3, as its own converter makes them.", HelpName = "v3" };

    public ConvertCommand(Interruption interruption)
        : base("convert", "Writes a checkpoint in another format (.pt, .safetensors, .npz), element type or toolkit version. Tensors stream from file to file; shared ones stay shared in .pt files.")
    {
        this.interruption = interruption;
        Register(file);
        output.AddTo(this);
        Register(type);
        Register(form);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani convert -o sample.safetensors",
        "galvani convert model.pt --dtype f16 -o half.pt",
        "galvani convert old.pt --to v3 -o new.pt",
        "galvani convert model.pt --format split -o split.pt",
        "galvani convert model.pt --dtype f16 -o half.npz --dry-run",
    ];

    protected override int Execute(ParseResult result)
    {
        var destination = output.Destination(result);
        var options = new ConversionOptions { ElementType = TypeOf(result.GetValue(type)), Form = FormOf(result.GetValue(form)) };
        using var checkpoint = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(file)));
        using var progress = new ByteProgress("converting");
        var report = CheckpointConversion.Run(checkpoint, destination, options, progress, interruption.Token);
        output.Say(result, report.File, Details(report, options), json =>
        {
            json.Name("cast").Number((long)report.CastCount).Name("became_infinite").BeginObject();
            foreach (var (name, count) in report.Overflows)
                json.Name(name).Number(count);
            json.EndObject().Name("changes").Texts(report.Changes);
        });
        return ExitCodes.Done;
    }

    private static IEnumerable<string> Details(ConversionReport report, ConversionOptions options)
    {
        if (options.ElementType is { } type)
            yield return FormattableString.Invariant($"{report.CastCount} tensors cast to {type.TorchName()}");
        foreach (var (name, count) in report.Overflows)
            yield return FormattableString.Invariant($"{name}: {count} finite numbers became infinite, beyond the range of {options.ElementType!.Value.TorchName()}");
        foreach (var change in report.Changes)
            yield return change;
        if (options.Form == ToolkitForm.Version3 && report.Changes.Count == 0)
            yield return "options and vocabularies have the form of OpenNMT-py 3 already";
    }

    private static DType? TypeOf(string? name)
    {
        if (name is null)
            return null;
        foreach (var (known, type) in Types)
        {
            if (name == known)
                return type;
        }

        throw new UsageException($"--dtype is {name}, expected {string.Join(", ", Types.Select(entry => entry.Name))}.");
    }

    private static ToolkitForm FormOf(string? name) => name switch
    {
        null => ToolkitForm.Unchanged,
        "v3" => ToolkitForm.Version3,
        _ => throw new UsageException($"--to is {name}, expected v3."),
    };
}
