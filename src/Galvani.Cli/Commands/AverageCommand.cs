using System.CommandLine;
using System.Globalization;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani average</c>: the mean of several checkpoints.</summary>
internal sealed class AverageCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly OutputOptions output = new();
    private readonly LimitOption limits = new();
    private readonly Argument<string[]> files = new("FILE") { Description = "Checkpoints of one model, two or more; options and vocabularies are the first one's.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> weights = new("--weights") { Description = "A weight for each file, 0 or more; only their ratios matter. Default: all equal.", HelpName = "W1,W2,..." };

    public AverageCommand(Interruption interruption)
        : base("average", "Averages the weights of checkpoints of one model. Sums are in double precision; a tensor that several names share is averaged once; memory does not grow with files or models.")
    {
        this.interruption = interruption;
        Register(files);
        output.AddTo(this);
        Register(limits.Option);
        Register(weights);
    }

    public override IReadOnlyList<string> Examples =>
        ["galvani average model_step_8000.pt model_step_9000.pt model_step_10000.pt -o average.pt", "galvani average a.pt b.pt --weights 1,3 -o mean.pt"];

    protected override int Execute(ParseResult result)
    {
        var destination = output.Destination(result, limits.Read(result));
        var paths = result.GetValue(files)!;
        var options = new AveragingOptions { Weights = Weights(result.GetValue(weights)) };
        if (paths.Length < 2)
            throw new UsageException("Expected two files or more to average.");
        if (options.Weights.Count > 0 && options.Weights.Count != paths.Length)
            throw new UsageException($"--weights has {options.Weights.Count} numbers for {paths.Length} files.");
        Run(result, paths, destination, options);
        return ExitCodes.Done;
    }

    private void Run(ParseResult result, string[] paths, CheckpointDestination destination, AveragingOptions options)
    {
        var openings = paths.Select(path => (Func<OpenNmtCheckpoint>)(() => OpenNmtCheckpoint.Open(ModelLocator.Resolve(path), limits.Read(result)))).ToList();
        using var progress = new ByteProgress("averaging");
        var report = CheckpointAverage.Run(openings, destination, options, progress, interruption.Token);
        output.Say(result, report.File, Details(report, paths), json =>
        {
            json.Name("files").BeginArray();
            foreach (var (path, share) in paths.Zip(report.Shares))
                json.BeginObject().Name("file").Text(path).Name("share").Number(share).EndObject();
            json.EndArray().Name("averaged").Number((long)report.AveragedCount).Name("copied").Number((long)report.CopiedCount).Name("shared").BeginArray();
            foreach (var names in report.Shared)
                json.Texts(names);
            json.EndArray().Name("copied_entries").Texts(report.CopiedEntries);
        });
    }

    private static IEnumerable<string> Details(AveragingReport report, string[] paths)
    {
        foreach (var (path, share) in paths.Zip(report.Shares))
            yield return string.Create(CultureInfo.InvariantCulture, $"{share:0.####} of {path}");
        yield return FormattableString.Invariant($"{Numbers.Of(report.AveragedCount, "tensor")} averaged{(report.CopiedCount > 0 ? FormattableString.Invariant($", {report.CopiedCount} copied") : "")}");
        if (report.CopiedEntries.Count > 0)
            yield return $"no tensors, copied from {paths[0]}: {string.Join(", ", report.CopiedEntries)}";
        foreach (var names in report.Shared)
            yield return $"one tensor, averaged once: {string.Join(", ", names)}";
    }

    private static List<double> Weights(string? text)
    {
        var numbers = new List<double>();
        foreach (var part in text?.Split(',') ?? [])
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) || !double.IsFinite(weight) || weight < 0)
                throw new UsageException($"--weights has '{part}', expected numbers that are 0 or more, separated by commas.");
            numbers.Add(weight);
        }

        if (numbers.Count > 0 && numbers.TrueForAll(weight => weight == 0))
            throw new UsageException("--weights has only zeros, expected at least one number that is more.");
        if (!double.IsFinite(numbers.Sum()))
            throw new UsageException("--weights have an infinite sum, expected smaller numbers: only their ratios matter.");
        return numbers;
    }
}
