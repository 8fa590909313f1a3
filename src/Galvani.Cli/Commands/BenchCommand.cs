using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Galvani.Cli.Bench;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Generation;
using Galvani.Cli.Pipe;
using Galvani.Kernels;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani bench</c>: how fast a model translates on this machine, and what share of the machine that is.</summary>
internal sealed class BenchCommand : CliCommand
{
    private const int WholeBatch = 32;

    // Sentences are made before they are translated: far more than anyone measures, and far less than memory.
    private const int MostSentences = 100_000;
    private const int MostTokens = 100_000;

    private readonly Interruption interruption;
    private readonly ModelOptions models = new();
    private readonly Option<string?> beams = new("--beam-size") { Description = "Beam widths, separated by commas; 1 is greedy search. Default: 1 and 4.", HelpName = "LIST" };
    private readonly Option<string?> batches = new("--batch-size") { Description = "Sentences worked on together. Default: 32, and 1 for one sentence at beam 4.", HelpName = "LIST" };
    private readonly Option<string?> sources = new("--source-length") { Description = "Pieces of a sentence. Default: 20.", HelpName = "LIST" };
    private readonly Option<string?> targets = new("--target-length") { Description = "Tokens of a translation, exactly. Default: 40.", HelpName = "LIST" };
    private readonly Option<int?> sentences = new("--sentences") { Description = "Sentences of a case. Default: twice the batch, one for a batch of 1.", HelpName = "N" };
    private readonly Option<string?> threads = new("--threads") { Description = "Threads. Default: the processors this process may use.", HelpName = "LIST" };
    private readonly Option<int> rounds = new("--rounds") { Description = "How often each case runs; the shortest time counts.", HelpName = "N", DefaultValueFactory = _ => 3 };
    private readonly Option<bool> asJson = new("--json") { Description = "One JSON document." };

    public BenchCommand(Interruption interruption)
        : base("bench", "Measures how fast a model translates here: random sentences, a fixed number of tokens, loading not included; with the shares of this machine's peaks, measured in the same run.")
    {
        this.interruption = interruption;
        foreach (var option in (Option[])[models.Model, models.Compute, beams, batches, sources, targets, sentences, threads, rounds, models.Limits.Option, asJson])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani bench --model model.pt --compute int8",
        "galvani bench --model model.pt --beam-size 4 --batch-size 1,8,32 --threads 1,2 --json",
    ];

    protected override int Execute(ParseResult result)
    {
        var threadCounts = Numbers(result, threads, ThreadCounts.Most, Environment.ProcessorCount);
        var cases = Cases(result).ToList();
        var roundCount = Positive(result.GetValue(rounds), rounds);
        var groups = threadCounts.Select(count => Measure(result, count, cases, roundCount)).ToList();
        if (result.GetValue(asJson))
            Standard.WriteJson(json => WriteJson(json, result, groups));
        else
            Standard.Write(output => WriteText(output, result, groups));
        return ExitCodes.Done;
    }

    private IEnumerable<BenchCase> Cases(ParseResult result)
    {
        if (result.GetValue(batches) is null && result.GetValue(beams) is null && result.GetValue(sentences) is null)
        {
            foreach (var source in Numbers(result, sources, MostTokens, 20))
            {
                foreach (var target in Numbers(result, targets, MostTokens, 40))
                {
                    yield return new BenchCase(1, WholeBatch, 2 * WholeBatch, source, target);
                    yield return new BenchCase(4, WholeBatch, 2 * WholeBatch, source, target);
                    yield return new BenchCase(4, 1, 1, source, target);
                }
            }

            yield break;
        }

        foreach (var beam in Numbers(result, beams, SearchOptions.WidestBeam, 1, 4))
        {
            foreach (var batch in Numbers(result, batches, MostSentences, WholeBatch))
            {
                foreach (var source in Numbers(result, sources, MostTokens, 20))
                {
                    foreach (var target in Numbers(result, targets, MostTokens, 40))
                        yield return new BenchCase(beam, batch, AtMost(MostSentences, Positive(result.GetValue(sentences) ?? (batch == 1 ? 1 : 2 * batch), sentences), sentences), source, target);
                }
            }
        }
    }

    private Group Measure(ParseResult result, int threadCount, List<BenchCase> cases, int roundCount)
    {
        // The peaks come last: they take memory of their own.
        var watch = Stopwatch.StartNew();
        using var model = models.Open(result, result.GetValue(models.Model), (_, options) => options with { ThreadCount = threadCount });
        if (model.TargetVocabulary is null)
            throw new CommandException($"{model.Checkpoint.Checkpoint.FilePath} has no target vocabulary that is read: there is nothing to translate to.");
        Run(model, cases[0] with { SentenceCount = 1, TargetLength = 1 }); // reads and packs the weights
        var loading = watch.Elapsed.TotalSeconds;
        var results = cases.Select(each => Measure(model, each, roundCount)).ToList();
        var work = DecoderWork.Of(model.Config, model.TargetVocabulary.Count);
        return new Group(threadCount, ComputeOf(result, model), loading, work, results, MachinePeaks.Measure(threadCount));
    }

    private BenchResult Measure(NmtModel model, BenchCase bench, int roundCount)
    {
        var best = double.PositiveInfinity;
        PeakMemory.Forget();
        for (var round = 0; round < roundCount; round++)
            best = Math.Min(best, Run(model, bench));
        return new BenchResult(bench, best, PeakMemory.Read());
    }

    private double Run(NmtModel model, BenchCase bench)
    {
        var translator = new Translator(model, bench.Options);
        var requests = bench.Requests(model);
        var watch = Stopwatch.StartNew();
        translator.TranslateAll(requests, interruption.Token);
        return watch.Elapsed.TotalSeconds;
    }

    private void WriteText(TextWriter output, ParseResult result, List<Group> groups)
    {
        output.Write($"{ModelLocator.Resolve(result.GetValue(models.Model))}, {groups[0].Compute}, {VersionInfo.InstructionSet}, products {VersionInfo.Products}, {(VersionInfo.IsNative ? "native" : "just-in-time compiled")}\n");
        foreach (var group in groups)
        {
            output.Write(Text($"\n{group.ThreadCount} {(group.ThreadCount == 1 ? "thread" : "threads")}: peak {group.Peaks.OperationsPerSecond / 1e9:0} GFLOP/s, memory read {group.Peaks.BytesPerSecond / 1e9:0.0} GB/s; loaded in {group.LoadingSeconds:0.00} s\n\n"));
            var table = new TextTable("beam", "batch", "lines", "source", "target", "seconds", "tokens/s", "of peak", "of reading", "MB").AlignRight(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            foreach (var row in group.Results)
            {
                var bench = row.Case;
                table.Add(
                    $"{bench.BeamWidth}", $"{bench.BatchSize}", $"{bench.SentenceCount}", $"{bench.SourceLength}", $"{bench.TargetLength}", Text($"{row.Seconds:0.000}"), Text($"{row.TokensPerSecond:0}"),
                    Text($"{100 * row.ShareOfOperations(group.Work, group.Peaks):0} %"), Text($"{100 * row.ShareOfReading(group.Work, group.BytesPerWeight, group.Peaks):0} %"),
                    row.PeakBytes is { } bytes ? Text($"{bytes / 1e6:0}") : "-");
            }

            table.Write(output);
        }

        output.Write("\nof peak: products of decoder and output over time and the peak of float32\nof reading: their weights, once a step, over time and the peak of reading memory\n");
    }

    private void WriteJson(JsonText json, ParseResult result, List<Group> groups)
    {
        json.BeginObject().Name("model").Text(ModelLocator.Resolve(result.GetValue(models.Model))).Name("compute").Text(groups[0].Compute);
        json.Name("version").Text(VersionInfo.Version).Name("instruction_set").Text(VersionInfo.InstructionSet).Name("products").Text(VersionInfo.Products).Name("native").Flag(VersionInfo.IsNative).Name("runs").BeginArray();
        foreach (var group in groups)
        {
            json.BeginObject().Name("threads").Number(group.ThreadCount).Name("loading_seconds").Number(group.LoadingSeconds);
            json.Name("peak_operations_per_second").Number(group.Peaks.OperationsPerSecond).Name("read_bytes_per_second").Number(group.Peaks.BytesPerSecond).Name("operations_per_row").Number(group.Work.OperationsPerRow).Name("cases").BeginArray();
            foreach (var row in group.Results)
            {
                var bench = row.Case;
                json.BeginObject().Name("beam_size").Number(bench.BeamWidth).Name("batch_size").Number(bench.BatchSize).Name("sentences").Number(bench.SentenceCount).Name("source_length").Number(bench.SourceLength);
                json.Name("target_length").Number(bench.TargetLength).Name("seconds").Number(row.Seconds).Name("tokens_per_second").Number(row.TokensPerSecond);
                json.Name("share_of_operations").Number(row.ShareOfOperations(group.Work, group.Peaks)).Name("share_of_reading").Number(row.ShareOfReading(group.Work, group.BytesPerWeight, group.Peaks));
                if (row.PeakBytes is { } bytes)
                    json.Name("peak_bytes").Number(bytes);
                json.EndObject();
            }

            json.EndArray().EndObject();
        }

        json.EndArray().EndObject();
    }

    private string ComputeOf(ParseResult result, NmtModel model) =>
        result.GetValue(models.Compute) ?? ComputeTypes.NameOf(model.Checkpoint.Checkpoint.Packing?.Format ?? ProductFormat.Single);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int[] Numbers(ParseResult result, Option<string?> option, int most, params int[] whenMissing)
    {
        if (result.GetValue(option) is not { } list)
            return whenMissing;
        return [.. list.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? AtMost(most, number, option)
            : throw new UsageException($"{option.Name} is {list}, expected whole numbers from 1 on, separated by commas."))];
    }

    private static int AtMost(int most, int number, Option option) => number <= most ? number : throw new UsageException($"{option.Name} is {number}, expected at most {most}.");

    private static int Positive(int number, Option option) => number > 0 ? number : throw new UsageException($"{option.Name} is {number}, expected at least 1.");

    /// <summary>What was measured with one number of threads.</summary>
    private sealed record Group(int ThreadCount, string Compute, double LoadingSeconds, DecoderWork Work, List<BenchResult> Results, MachinePeaks Peaks)
    {
        public int BytesPerWeight => Compute == ComputeTypes.NameOf(ProductFormat.Single) ? sizeof(float) : sizeof(byte);
    }
}
