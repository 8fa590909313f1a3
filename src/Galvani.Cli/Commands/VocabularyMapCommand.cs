using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Generation;
using Galvani.VocabularyMaps;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani vocabulary-map</c>: maps from source pieces to the target pieces that translations may consist of.</summary>
internal sealed class VocabularyMapCommand : Command, IExplained
{
    public VocabularyMapCommand(Interruption interruption)
        : base("vocabulary-map", "Builds vocabulary maps (shortlists), which make translation faster: translate --vocabulary-map.") =>
        Subcommands.Add(new VocabularyMapBuildCommand(interruption));

    public IReadOnlyList<string> Examples =>
    [
        "galvani vocabulary-map build --source news.ru -o vmap.txt",
        "galvani translate --vocabulary-map vmap.txt --source test.ru",
    ];
}

/// <summary><c>galvani vocabulary-map build</c>: a map from sentences, with translations or without.</summary>
internal sealed class VocabularyMapBuildCommand : CliCommand
{
    private static readonly VocabularyMapOptions Defaults = new();

    private readonly Interruption interruption;
    private readonly ModelOptions models = new();
    private readonly Option<string> source = new("--source") { Description = "Sentences, one a line.", HelpName = "FILE", Required = true };
    private readonly Option<string?> target = new("--target") { Description = "Their translations, a line for each. Without, the model translates, and what it finds likely on the way counts.", HelpName = "FILE" };
    private readonly Option<string> output = new("--output", "-o") { Description = "The map, in the form of CTranslate2's vmap.txt.", HelpName = "FILE", Required = true };
    private readonly Option<string?> targetTokenizer = new("--target-tokenizer") { Description = "The target's tokenizer. Default: --tokenizer, else what the checkpoint names for the target.", HelpName = "FILE" };
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces." };
    private readonly Option<int> beamSize = new("--beam-size") { Description = "Without --target: hypotheses followed for each line.", HelpName = "N", DefaultValueFactory = _ => new SearchOptions().BeamWidth };
    private readonly Option<int?> threads = new("--threads") { Description = "Without --target: worker threads. Default: the processors this process may use.", HelpName = "N" };
    private readonly Option<string?> alignments = new("--alignments") { Description = "For each line which source piece stands for which target piece: 0-0 1-2. Without, it is learnt.", HelpName = "FILE" };
    private readonly Option<double> threshold = new("--threshold") { Description = "List a target piece for a source piece that brings at least so much of it an occurrence. The smaller, the longer the lists.", HelpName = "X", CustomParser = NumberArgument.Read, DefaultValueFactory = _ => Defaults.SmallestRate };
    private readonly Option<int> candidates = new("--candidates") { Description = "The most target pieces for each source piece.", HelpName = "N", DefaultValueFactory = _ => Defaults.CandidateCount };
    private readonly Option<int> mostFrequent = new("--most-frequent") { Description = "At most so many target pieces are for every sentence.", HelpName = "N", DefaultValueFactory = _ => Defaults.CommonCount };
    private readonly Option<int> ngrams = new("--ngrams") { Description = "Also list sequences of up to N source pieces, for what their pieces do not list.", HelpName = "N", DefaultValueFactory = _ => Defaults.LongestKey };
    private readonly Option<bool> strict = new("--strict") { Description = "Broken UTF-8 is an error. Default: it becomes U+FFFD, and standard error counts it." };
    private readonly Option<bool> json = new("--json") { Description = "Say what was done as JSON." };

    private long brokenCount; // of lines read so far

    public VocabularyMapBuildCommand(Interruption interruption)
        : base("build", "Builds a map from sentences, with their translations or without, in the model's pieces.")
    {
        this.interruption = interruption;
        foreach (var option in (Option[])
            [
                source, target, output, models.Model, models.Tokenizer, models.Transforms, models.Corpus, models.SourcePrefix, models.SourceFeatureDefaults, models.Limits.Option, targetTokenizer,
                pieces, alignments, beamSize, threads, models.Compute, threshold, candidates, mostFrequent, ngrams, strict, json,
            ])
        {
            Register(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani vocabulary-map build --source news.ru -o vmap.txt",
        "galvani vocabulary-map build --source train.ru --target train.en --ngrams 2 --candidates 50 -o vmap.txt",
    ];

    protected override int Execute(ParseResult result)
    {
        var options = ReadOptions(result);
        var threadCount = ThreadCounts.Read(result, threads);
        using var model = models.Open(result, result.GetValue(models.Model), (_, opened) => opened with { TargetTokenizerPath = result.GetValue(targetTokenizer), ThreadCount = threadCount });
        if (new Scorer(model) is not { IsLanguageModel: false } scorer)
            throw new CommandException($"{model.Checkpoint.Checkpoint.FilePath} is a language model, expected one that translates: a vocabulary map goes from source to target pieces.");
        var builder = new VocabularyMapBuilder(model.TargetVocabulary!, options);
        WithoutEffect.Say(result, "with --target nothing is translated", result.GetValue(target) is null ? [] : [beamSize, threads, models.Compute]);
        WithoutEffect.Say(result, "without --target the model's own pieces count", result.GetValue(target) is null ? [targetTokenizer] : []);
        if (result.GetValue(target) is { } targetPath)
            AddPairs(result, scorer, builder, targetPath);
        else
            AddLikely(result, model, builder);
        var path = result.GetValue(output)!;
        if (builder.PairCount == 0)
            throw new CommandException($"{result.GetValue(source)} has no line of 1 to {options.LongestLine} pieces{(result.GetValue(target) is null ? "" : " whose translation has as many")}: there is nothing to build from.");
        var summary = builder.Write(path, interruption.Token);
        if (brokenCount > 0)
            StandardError.Note($"{Numbers.Of(brokenCount, "line")} had broken UTF-8; each broken byte became U+FFFD");
        Say(result, builder, summary, path);
        return ExitCodes.Done;
    }

    private VocabularyMapOptions ReadOptions(ParseResult result)
    {
        if (result.GetValue(threshold) is not (>= 0 and <= 1) and var rate)
            throw new UsageException(FormattableString.Invariant($"--threshold is {rate}, expected 0 to 1."));
        AtLeast(result, candidates, 1);
        AtLeast(result, mostFrequent, 0);
        AtLeast(result, ngrams, 1);
        AtLeast(result, beamSize, 1);
        if (result.GetValue(beamSize) is > SearchOptions.WidestBeam and var wide)
            throw new UsageException($"{beamSize.Name} is {wide}, expected at most {SearchOptions.WidestBeam}.");
        if (result.GetValue(alignments) is not null && result.GetValue(target) is null)
            throw new UsageException("--alignments goes with --target.");
        return Defaults with { SmallestRate = result.GetValue(threshold), CandidateCount = result.GetValue(candidates), CommonCount = result.GetValue(mostFrequent), LongestKey = result.GetValue(ngrams) };
    }

    private static void AtLeast(ParseResult result, Option<int> option, int least)
    {
        if (result.GetValue(option) < least)
            throw new UsageException($"{option.Name} is {result.GetValue(option)}, expected at least {least}.");
    }

    private void AddPairs(ParseResult result, Scorer scorer, VocabularyMapBuilder builder, string targetPath)
    {
        using var targets = new PairedLines(targetPath, result.GetValue(strict));
        using var links = result.GetValue(alignments) is { } path ? new AlignmentLines(path, result.GetValue(strict)) : null;
        var asPieces = result.GetValue(pieces);
        foreach (var (number, line) in Sources(result, scorer.Model).SelectMany(batch => batch))
        {
            var text = targets.Take(number);
            builder.Add(line.Pieces, (asPieces ? scorer.TakeTargetPieces(text) : scorer.TokenizeTarget(text, int.MaxValue, out _, interruption.Token)).Pieces, links?.Take(number));
        }

        targets.Complete();
        links?.Complete();
        brokenCount += targets.BrokenCount;
    }

    private void AddLikely(ParseResult result, NmtModel model, VocabularyMapBuilder builder)
    {
        const int LinesAtOnce = 512;
        using var likely = new LikelyTokens(model, new SearchOptions { BeamWidth = result.GetValue(beamSize) });
        var longest = Math.Min(likely.MaximumLength ?? int.MaxValue, Defaults.LongestLine);
        foreach (var lines in Sources(result, model).SelectMany(batch => batch).Select(numbered => numbered.Line).Chunk(LinesAtOnce))
        {
            var found = likely.Find([.. lines.Select(line => line.Ids.Count <= longest ? line : line with { Pieces = [], Ids = [], Offsets = [] })], interruption.Token);
            for (var i = 0; i < lines.Length; i++)
                builder.Add(lines[i].Pieces, found[i]); // a line too long has no likely tokens, and the builder counts it
        }
    }

    private IEnumerable<IEnumerable<(long Number, TokenizedLine Line)>> Sources(ParseResult result, NmtModel model)
    {
        using var stream = InputFile.Open(result.GetValue(source)!);
        var reader = new LineReader(stream, result.GetValue(strict));
        var tokens = new LineTokens(model, result.GetValue(pieces), interruption.Token);
        while (reader.ReadBatch() is { } batch)
        {
            interruption.Token.ThrowIfCancellationRequested();
            yield return batch.Select(line => (line.Number, tokens.Of(line)));
        }

        brokenCount += reader.BrokenCount;
    }

    private void Say(ParseResult result, VocabularyMapBuilder builder, VocabularyMapSummary summary, string path)
    {
        if (result.GetValue(json))
        {
            Standard.WriteJson(text => text.BeginObject().Name("output").Text(path).Name("pairs").Number(builder.PairCount).Name("pairs_left_out").Number(builder.LeftOutCount)
                .Name("keys").Number(summary.KeyCount).Name("candidates").Number(summary.CandidateCount).Name("common").Number(summary.CommonCount).EndObject());
            return;
        }

        Standard.Write(writer => writer.Write(
            $"wrote {PlainText.Visible(path)}: {summary.KeyCount} keys with {summary.CandidateCount} candidates, {summary.CommonCount} for every sentence; from {builder.PairCount} pairs, {builder.LeftOutCount} left out\n"));
    }
}
