using System.CommandLine;
using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani score</c>: how likely a model finds given translations, or texts.</summary>
internal sealed class ScoreCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly LongLineOptions longLines = new("split scores the parts of a text by themselves (language models only: a translation belongs to its whole source)");
    private readonly TargetOptions targetSide = new();
    private readonly Option<string?> target = new("--target") { Description = "The translations, a line for each source line. Without: a line is SOURCE, a tab, TARGET.", HelpName = "FILE" };
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces." };
    private readonly Option<bool> logProbabilities = new("--log-probs") { Description = "Write the log-probabilities of the whole vocabulary at every place: arrays N.log_probs [T, V] and N.target_out [T] in --output." };
    private readonly Option<string?> output = new("--output", "-o") { Description = "The arrays of --log-probs: .npz or .safetensors.", HelpName = "FILE" };

    public ScoreCommand(Interruption interruption)
        : base("score", "Scores given translations: the sum of the tokens' log-probabilities, their number (the end token counts), the perplexity, separated by tabs. A language model scores texts.")
    {
        this.interruption = interruption;
        Register(lines.Text);
        foreach (var option in (Option[])[.. models.All, .. lines.All, .. longLines.All, target, .. targetSide.All, pieces, logProbabilities, output])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani score --source test.ru --target test.en",
        "printf 'Открыть файл\\tOpen File\\n' | galvani score --json",
        "galvani score --source test.ru --target test.en --log-probs -o scores.npz",
        "galvani score --model lm.pt --source book.txt --on-long split",
    ];

    protected override int Execute(ParseResult result)
    {
        if (result.GetValue(logProbabilities) != result.GetValue(output) is not null)
            throw new UsageException("--log-probs and --output go together: the arrays go to a file.");
        using var model = models.Open(result, targetSide.Complete);
        var scorer = new Scorer(model);
        if (scorer.IsLanguageModel && result.GetValue(target) is not null)
            throw new UsageException("This is a language model, it scores texts: --target has no meaning.");
        if (scorer.IsLanguageModel)
            WithoutEffect.Say(result, "a language model scores texts", targetSide.All);
        foreach (var note in scorer.Notes)
            StandardError.Note(note);
        using var sink = result.GetValue(output) is { } path ? new NamedArraySink(path) : null;
        using var targets = result.GetValue(target) is { } file ? new PairedLines(file, result.GetValue(lines.Strict)) : null;
        using var stream = Standard.OpenStream();
        var report = new RunReport(Name, model.Checkpoint.Checkpoint.FilePath, [.. result.Tokens.Select(token => token.Value)]) { SecondFile = targets };
        var limit = Limit(result, scorer);
        var reader = new ScoredLineReader(scorer, result.GetValue(pieces), targets, limit, report, interruption.Token);
        var asJson = result.GetValue(lines.Json);
        var longTexts = new LongTextScorer(scorer, new LineTokens(model, result.GetValue(pieces), interruption.Token), limit, report, interruption.Token) { PrintsObjects = asJson, Arrays = sink };
        var code = lines.Run<Action<Stream>>(result, report, interruption, Work, write => write(stream), stream.Flush, BatchSize.Single);
        sink?.Complete();
        return code;

        Action<Stream> Work(InputLine line)
        {
            if (limit.TakesInParts(line))
                return longTexts.Score(line);
            var scored = reader.Read(line);
            report.CountLine(scored.SourceTokenCount);
            var (text, arrays) = (Text(scored, asJson), sink is null || scored.Score is null ? [] : Arrays(scorer, scored, line.Number));
            return output =>
            {
                output.Write(text);
                sink?.Add(arrays);
            };
        }
    }

    private LineLimit Limit(ParseResult result, Scorer scorer) => scorer.IsLanguageModel
        ? longLines.Create(result, scorer.MaximumLength)
        : longLines.CreateWithoutSplit(result, scorer.MaximumLength, "a translation belongs to its whole source, not to a part of it");

    private static byte[] Text(ScoredLine line, bool asJson)
    {
        if (!asJson)
            return LineBytes.Of(line.Score is { } score ? $"{Numbers.Text((float)score.LogProbability)}\t{score.Ids.Count}\t{Numbers.Text((float)score.Perplexity)}" : "");
        return LineBytes.Of(json =>
        {
            json.BeginObject().Name("source").Text(line.SourceText);
            if (line.TargetText is { } text)
                json.Name("target").Text(text);
            if (line.Score is { } score)
            {
                json.Name("score").Number((float)score.LogProbability).Name("tokens").Number(score.Ids.Count)
                    .Name("token_log_probs").Vector([.. score.TokenLogProbabilities]).Name("perplexity").Number((float)score.Perplexity);
            }
            else
                json.Name("score").Null().Name("tokens").Number(0).Name("token_log_probs").Vector([]).Name("perplexity").Null();
            json.EndObject();
        });
    }

    private static List<KeyValuePair<string, NumpyArray>> Arrays(Scorer scorer, ScoredLine line, long number)
    {
        var values = line.Target is { } given ? scorer.LogProbabilities(line.Source[0], given) : scorer.LogProbabilitiesOfParts(line.Source);
        var ids = line.Score!.Ids;
        return
        [
            new(NamedArraySink.Name(number, "target_out"), NumpyArray.Create([.. ids.Select(id => (long)id)], ids.Count)),
            new(NamedArraySink.Name(number, "log_probs"), NumpyArray.Create(values, ids.Count, values.Length / ids.Count)),
        ];
    }
}
