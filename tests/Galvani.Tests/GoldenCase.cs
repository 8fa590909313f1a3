using System.Globalization;
using System.Text.Json;
using Galvani.Generation;
using Galvani.Text;

namespace Galvani.Tests;

/// <summary>A decoding case of a golden folder: OpenNMT-py's options, and the n-best list of every line.</summary>
internal sealed record GoldenCase(string Options, IReadOnlyList<string> Models, IReadOnlyList<IReadOnlyList<GoldenHypothesis>> Results, IReadOnlyList<string> Lines)
{
    /// <summary>The cases of a file, by name.</summary>
    public static IReadOnlyDictionary<string, GoldenCase> Read(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Golden(path)));
        return document.RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => Read(entry.Value));
    }

    /// <summary>The options of translate that the case was made with; max_length_ratio is 0 where they do not say.</summary>
    public TranslationOptions Parse(string folder, Vocabulary target)
    {
        var search = new SearchOptions { MaximumLengthRatio = 0 };
        var options = new TranslationOptions();
        var words = Options.Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "-beam_size": search = search with { BeamWidth = Whole() }; break;
                case "-n_best": search = search with { HypothesisCount = Whole() }; break;
                case "-max_length": search = search with { MaximumLength = Whole() }; break;
                case "-min_length": search = search with { MinimumLength = Whole() }; break;
                case "-max_length_ratio": search = search with { MaximumLengthRatio = Real() }; break;
                case "-length_penalty": search = search with { LengthPenalty = Enum.Parse<LengthPenalty>(words[++i], ignoreCase: true) }; break;
                case "-alpha": search = search with { LengthPenaltyAlpha = Real() }; break;
                case "-coverage_penalty": search = search with { CoveragePenalty = Enum.Parse<CoveragePenalty>(words[++i], ignoreCase: true) }; break;
                case "-beta": search = search with { CoverageBeta = Real() }; break;
                case "-stepwise_penalty": search = search with { IsCoverageStepwise = true }; break;
                case "-block_ngram_repeat": search = search with { BlockedRepeatLength = Whole() }; break;
                case "-ratio": search = search with { StopRatio = Real() }; break;
                case "-ban_unk_token": search = search with { BansUnknown = true }; break;
                case "-replace_unk": options = options with { ReplacesUnknown = true }; break;
                case "-phrase_table": options = options with { PhraseTable = PhraseTable.Open(Repository.Golden(folder, words[++i])) }; break;
                case "-avg_raw_probs": options = options with { EnsembleMean = EnsembleMean.Exponentials }; break;
                case "-ignore_when_blocking": search = search with { RepeatableTokens = new HashSet<int> { target.IdOf(words[++i]) } }; break;
                case "-tgt": i++; break;
                case "-tgt_file_prefix": break;
                default: throw new InvalidDataException($"the golden case has the option {words[i]}");
            }

            int Whole() => int.Parse(words[++i], CultureInfo.InvariantCulture);

            double Real() => double.Parse(words[++i], CultureInfo.InvariantCulture);
        }

        return options with { Search = search };
    }

    private static GoldenCase Read(JsonElement element) => new(
        element.GetProperty("options").GetString()!,
        element.TryGetProperty("models", out var models) ? [.. models.EnumerateArray().Select(model => model.GetString()!)] : [],
        [.. element.GetProperty("results").EnumerateArray().Select(line => line.EnumerateArray().Select(GoldenHypothesis.Read).ToList())],
        element.TryGetProperty("lines", out var lines) ? [.. lines.EnumerateArray().Select(line => line.GetString()!)] : []);
}

/// <summary>A hypothesis that OpenNMT-py found.</summary>
internal sealed record GoldenHypothesis(IReadOnlyList<int> Ids, double Score)
{
    // Random weights make near-ties: hypotheses this close may stand in either order.
    private const double Tie = 1e-4;

    public static GoldenHypothesis Read(JsonElement element) =>
        new([.. element.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())], element.GetProperty("score").GetDouble());

    /// <summary>Asserts that a list of hypotheses is the expected one.</summary>
    public static void AssertEqual(IReadOnlyList<GoldenHypothesis> expected, IReadOnlyList<TranslationHypothesis> actual, double tolerance, string what)
    {
        LazyAssert.True(expected.Count == actual.Count, $"{what}: {actual.Count} hypotheses, expected {expected.Count}");
        for (var rank = 0; rank < expected.Count; rank++)
        {
            var same = expected.FirstOrDefault(other => other.Ids.SequenceEqual(actual[rank].Ids) && Math.Abs(other.Score - expected[rank].Score) < Tie);
            LazyAssert.True(same is not null, $"{what} rank {rank}: {string.Join(' ', actual[rank].Ids)} {actual[rank].Score}, expected {string.Join(' ', expected[rank].Ids)} {expected[rank].Score}");
            var error = Math.Abs(same.Score - actual[rank].Score);
            LazyAssert.True(error <= tolerance, $"{what} rank {rank}: score {actual[rank].Score}, expected {same.Score}, error {error:E2} is {100 * error / tolerance:F0} % of the allowed {tolerance:E2}");
        }
    }
}
