using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Generation;
using Galvani.Text;

namespace Galvani.Cli.Commands;

/// <summary>The options that say how tokens are searched for, by OpenNMT-py's names.</summary>
internal sealed class SearchOptionGroup
{
    public Option<string> Defaults { get; } = new("--defaults") { Description = "Whose defaults count: OpenNMT-py 3's, or 2's (no length penalty, 100 tokens, no ratio, its rule for when to stop).", HelpName = "v3|v2", DefaultValueFactory = _ => "v3" };

    private readonly Option<int?> beamSize = new("--beam-size") { Description = "Hypotheses followed for each line; 1 is greedy. Default 5.", HelpName = "N" };
    private readonly Option<int> hypotheses = new("--n-best") { Description = "Translations of each line: as many output lines (n blank ones for a blank line).", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> maximumLength = new("--max-length") { Description = "The most tokens of a translation. Default 250.", HelpName = "N" };
    private readonly Option<int> minimumLength = new("--min-length") { Description = "The fewest tokens of a translation.", HelpName = "N" };
    private readonly Option<double?> maximumRatio = new("--max-length-ratio") { Description = "At most so many times the line's own pieces, and 5 more; 0 for no such limit. Default 1.25.", HelpName = "X", CustomParser = NumberArgument.ReadOptional };
    private readonly Option<string?> lengthPenalty = new("--length-penalty") { Description = "How length enters the score. Default avg.", HelpName = "avg|wu|none" };
    private readonly Option<double?> alpha = new("--alpha") { Description = "The strength of the length penalty. Default 1.", HelpName = "X", CustomParser = NumberArgument.ReadOptional };
    private readonly Option<string> coveragePenalty = new("--coverage-penalty") { Description = "What uneven attention costs.", HelpName = "none|wu|summary", DefaultValueFactory = _ => "none" };
    private readonly Option<double> beta = new("--beta") { Description = "The strength of the coverage penalty.", HelpName = "X", CustomParser = NumberArgument.Read };
    private readonly Option<bool> stepwise = new("--stepwise-penalty") { Description = "Apply the coverage penalty at every step." };
    private readonly Option<double> ratio = new("--ratio") { Description = "Stop a line early by this ratio of lengths; 0 for no such rule.", HelpName = "X", CustomParser = NumberArgument.Read };
    private readonly Option<int> blockRepeat = new("--block-ngram-repeat") { Description = "No sequence of N tokens twice in a translation; 0 for no such rule.", HelpName = "N" };
    private readonly Option<string[]> ignoreWhenBlocking = new("--ignore-when-blocking") { Description = "Pieces whose sequences may repeat: all up to the next option.", HelpName = "PIECE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> banUnknown = new("--ban-unk-token") { Description = "Never produce the unknown token." };
    private readonly Option<int> topCount = new("--random-sampling-topk") { Description = "Draw from the N likeliest tokens; -1 for all, 1 takes the likeliest.", HelpName = "N" };
    private readonly Option<double> topProbability = new("--random-sampling-topp") { Description = "Draw from the likeliest tokens that together have this probability.", HelpName = "P", CustomParser = NumberArgument.Read };
    private readonly Option<double> temperature = new("--random-sampling-temp") { Description = "The temperature of drawing.", HelpName = "X", CustomParser = NumberArgument.Read, DefaultValueFactory = _ => 1 };
    private readonly Option<long> seed = new("--seed") { Description = "The seed of drawing: with the line's number it decides what is drawn. Default: drawn, and in the report.", HelpName = "N", DefaultValueFactory = _ => -1 };

    public IEnumerable<Option> All =>
    [
        Defaults, beamSize, hypotheses, maximumLength, minimumLength, maximumRatio, lengthPenalty, alpha, coveragePenalty, beta, stepwise, ratio, blockRepeat, ignoreWhenBlocking, banUnknown,
        topCount, topProbability, temperature, seed,
    ];

    /// <summary>The search that the command line asks for.</summary>
    public SearchOptions Read(ParseResult result, Vocabulary target)
    {
        var search = Base(result.GetValue(Defaults)!);
        search = search with
        {
            BeamWidth = result.GetValue(beamSize) ?? search.BeamWidth,
            HypothesisCount = result.GetValue(hypotheses),
            MaximumLength = result.GetValue(maximumLength) ?? search.MaximumLength,
            MinimumLength = result.GetValue(minimumLength),
            MaximumLengthRatio = result.GetValue(maximumRatio) ?? search.MaximumLengthRatio,
            LengthPenalty = result.GetValue(lengthPenalty) is { } name ? LengthPenaltyOf(name) : search.LengthPenalty,
            LengthPenaltyAlpha = result.GetValue(alpha) ?? search.LengthPenaltyAlpha,
            CoveragePenalty = CoveragePenaltyOf(result.GetValue(coveragePenalty)!),
            CoverageBeta = result.GetValue(beta),
            IsCoverageStepwise = result.GetValue(stepwise),
            StopRatio = result.GetValue(ratio),
            BlockedRepeatLength = result.GetValue(blockRepeat),
            RepeatableTokens = (result.GetValue(ignoreWhenBlocking) ?? []).Select(target.IdOf).ToHashSet(),
            BansUnknown = result.GetValue(banUnknown),
            Sampling = Sampling(result),
        };
        try
        {
            search.Validate();
        }
        catch (ArgumentException exception)
        {
            var message = Failure.WithoutParameter(exception);
            throw new UsageException(exception.ParamName is { } property && OptionOf(property) is { } option ? message.Replace(property, option.Name, StringComparison.Ordinal) : message);
        }

        SayWithoutEffect(result, search);
        return search;
    }

    private void SayWithoutEffect(ParseResult result, SearchOptions search)
    {
        if (search.Sampling is null)
            WithoutEffect.Say(result, "nothing is drawn without --random-sampling-topk or --random-sampling-topp", temperature, seed);
        if (search.LengthPenalty == LengthPenalty.None)
            WithoutEffect.Say(result, "there is no length penalty: --length-penalty avg or wu", alpha);
        if (search.CoveragePenalty == CoveragePenalty.None)
            WithoutEffect.Say(result, "there is no coverage penalty: --coverage-penalty wu or summary", beta, stepwise);
        if (search.BlockedRepeatLength == 0)
            WithoutEffect.Say(result, "no sequence is blocked without --block-ngram-repeat", ignoreWhenBlocking);
    }

    /// <summary>The option that gives a property of the search; null where none does.</summary>
    private Option? OptionOf(string property) => property switch
    {
        nameof(SearchOptions.BeamWidth) => beamSize,
        nameof(SearchOptions.HypothesisCount) => hypotheses,
        nameof(SearchOptions.MaximumLength) => maximumLength,
        nameof(SearchOptions.MinimumLength) => minimumLength,
        nameof(SearchOptions.MaximumLengthRatio) => maximumRatio,
        nameof(SearchOptions.LengthPenaltyAlpha) => alpha,
        nameof(SearchOptions.CoverageBeta) => beta,
        nameof(SearchOptions.StopRatio) => ratio,
        nameof(SearchOptions.BlockedRepeatLength) => blockRepeat,
        nameof(SamplingOptions.TopProbability) => topProbability,
        nameof(SamplingOptions.Temperature) => temperature,
        _ => null,
    };

    private SamplingOptions? Sampling(ParseResult result)
    {
        var (count, probability) = (result.GetValue(topCount), result.GetValue(topProbability));
        if (count == 0 && probability == 0)
            return null;
        if (count < -1)
            throw new UsageException($"--random-sampling-topk is {count}, expected -1 or more.");
        var given = result.GetValue(seed);
        return new SamplingOptions
        {
            TopCount = Math.Max(0, count), TopProbability = probability, Temperature = result.GetValue(temperature), Seed = given >= 0 ? given : Random.Shared.Next(),
        };
    }

    private static SearchOptions Base(string defaults) => defaults switch
    {
        "v3" => new SearchOptions(),
        "v2" => SearchOptions.Version2,
        _ => throw new UsageException($"--defaults is {defaults}, expected v3 or v2."),
    };

    private static LengthPenalty LengthPenaltyOf(string name) => name switch
    {
        "avg" => LengthPenalty.Average,
        "wu" => LengthPenalty.Wu,
        "none" => LengthPenalty.None,
        _ => throw new UsageException($"--length-penalty is {name}, expected avg, wu or none."),
    };

    private static CoveragePenalty CoveragePenaltyOf(string name) => name switch
    {
        "none" => CoveragePenalty.None,
        "wu" => CoveragePenalty.Wu,
        "summary" => CoveragePenalty.Summary,
        _ => throw new UsageException($"--coverage-penalty is {name}, expected none, wu or summary."),
    };
}
