using System.CommandLine;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Kernels;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani convert</c>: another format, element type or version; the only command that writes <c>.galvani</c> files.</summary>
internal sealed class ConvertCommand : CliCommand
{
    private static readonly (string Name, DType Type)[] Types = [("f32", DType.Float32), ("f16", DType.Float16), ("bf16", DType.BFloat16)];

    private readonly Interruption interruption;
    private readonly OutputOptions output = new(OutputFormats.WithPacked);
    private readonly LimitOption limits = new();
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> type = new("--dtype") { Description = "Cast the model's floating-point tensors, rounded to nearest; numbers that become infinite are counted.", HelpName = "f32|f16|bf16" };
    private readonly Option<string?> form = new("--to") { Description = "v3: options and vocabularies in the form of OpenNMT-py 3, as its own converter makes them.", HelpName = "v3" };

    private readonly Option<string?> compute = new("--compute") { Description = "How a .galvani file holds the model's projections, and what it computes in. Default: fp32.", HelpName = ComputeTypes.Help };

    public ConvertCommand(Interruption interruption)
        : base("convert", "Writes a checkpoint in another format (.pt, .safetensors, .npz), element type or toolkit version, or packed to be translated with (.galvani). Tensors stream from file to file; shared ones stay shared in .pt files.")
    {
        this.interruption = interruption;
        Register(file);
        output.AddTo(this);
        Register(limits.Option);
        Register(type);
        Register(form);
        Register(compute);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani convert -o sample.safetensors",
        "galvani convert model.pt --dtype f16 -o half.pt",
        "galvani convert old.pt --to v3 -o new.pt",
        "galvani convert model.pt --format split -o split.pt",
        "galvani convert model.pt --dtype f16 -o half.npz --dry-run",
        "galvani convert model.pt --compute int8 -o model.galvani",
    ];

    protected override int Execute(ParseResult result)
    {
        var destination = output.Destination(result, limits.Read(result));
        var options = new ConversionOptions { ElementType = TypeOf(result.GetValue(type)), Form = FormOf(result.GetValue(form)), Packing = ComputeTypes.ParseFormat(result.GetValue(compute)) };
        var isPacked = destination.Format == CheckpointFormat.Galvani;
        if (isPacked && options.ElementType is not null)
            throw new UsageException("--dtype does not go with a .galvani file, whose numbers --compute chooses.");
        if (!isPacked && options.Packing is not null)
            throw new UsageException($"--compute goes with a .galvani file, {destination.Path} is none; --dtype chooses its element type.");
        using var checkpoint = OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(file)), limits.Read(result));
        using var progress = new ByteProgress("converting");
        var report = CheckpointConversion.Run(checkpoint, destination, options, progress, interruption.Token);
        var tokenizers = isPacked ? TokenizerFiles.Of(checkpoint) : [];
        if (!report.File.IsRehearsal)
            TokenizerFiles.Copy(tokenizers, report.File.Path);
        output.Say(result, report.File, Details(report, options, isPacked, tokenizers), json =>
        {
            if (isPacked)
                json.Name("compute").Text(ComputeTypes.NameOf(options.Packing ?? ProductFormat.Single)).Name("tokenizers").Texts(tokenizers.Select(tokenizer => Path.GetFileName(tokenizer)));
            json.Name("cast").Number((long)report.CastCount).Name("became_infinite").BeginObject();
            foreach (var (name, count) in report.Overflows)
                json.Name(name).Number(count);
            json.EndObject().Name("changes").Texts(report.Changes);
        });
        return ExitCodes.Done;
    }

    private static IEnumerable<string> Details(ConversionReport report, ConversionOptions options, bool isPacked, IReadOnlyList<string> tokenizers)
    {
        if (isPacked)
            yield return $"projections packed for {ComputeTypes.NameOf(options.Packing ?? ProductFormat.Single)}";
        foreach (var tokenizer in tokenizers)
            yield return $"beside it: {Path.GetFileName(tokenizer)}";
        if (options.ElementType is { } type)
            yield return $"{Numbers.Of(report.CastCount, "tensor")} cast to {type.TorchName()}";
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
