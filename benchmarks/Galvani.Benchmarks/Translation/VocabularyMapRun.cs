using System.Globalization;
using Galvani.Generation;
using Galvani.VocabularyMaps;

namespace Galvani.Benchmarks.Translation;

/// <summary>
/// <c>vocabulary-map MAP [SOURCE] [MODEL] [PAIRS]</c>: what a vocabulary map is worth: translations that stay the same, candidates a sentence and a batch, and the time without and with the map, in pairs of
/// runs that alternate. One thread.
/// </summary>
internal static class VocabularyMapRun
{
    private const int DefaultPairs = 7;

    public static int Run(string[] arguments)
    {
        var sample = Path.Combine(Measure.RepositoryRoot, "samples", "ru-en");
        var source = File.ReadAllLines(arguments.ElementAtOrDefault(1) ?? Path.Combine(sample, "test.ru"));
        using var model = NmtModel.Open(arguments.ElementAtOrDefault(2) ?? Path.Combine(sample, "model.pt"));
        var pairs = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : DefaultPairs;
        VocabularyMap? map = null;
        var opening = Measure.Time(() => map = VocabularyMap.Open(arguments[0], model.TargetVocabulary!));
        Console.WriteLine($"{Measure.Machine}; {source.Length} lines; map of {map!.KeyCount} keys opened in {opening.TotalMilliseconds:F0} ms\n");
        SayCandidates(source.Select(line => model.Tokenize(line).Pieces).Where(pieces => pieces.Count > 0).OrderBy(pieces => pieces.Count).ToList(), map, model.TargetVocabulary!.Count);
        Measure.Row("search", "same translation", "without map, s", "with map, s", "speed-up, median (least to most)");
        Measure.Row("---", "---", "---", "---", "---");
        foreach (var (name, search) in ((string, SearchOptions)[])[("greedy", new SearchOptions { BeamWidth = 1 }), ("beam 5", new SearchOptions())])
            Compare(name, new Translator(model, new TranslationOptions { Search = search }), new Translator(model, new TranslationOptions { Search = search, VocabularyMap = map }), source, pairs);
        return 0;
    }

    private static void SayCandidates(List<IReadOnlyList<string>> sentences, VocabularyMap map, int vocabularyCount)
    {
        const int BatchSize = 32;
        var candidates = sentences.ConvertAll(map.CandidatesOf);
        var batches = candidates.Chunk(BatchSize).Select(batch => batch.SelectMany(ids => ids).Distinct().Count());
        Console.WriteLine(FormattableString.Invariant(
            $"Candidates: {candidates.Average(ids => ids.Count) / vocabularyCount:P1} of the vocabulary a sentence on average, {(double)candidates.Max(ids => ids.Count) / vocabularyCount:P1} at most; {batches.Average() / vocabularyCount:P1} a batch of {BatchSize}.\n"));
    }

    private static void Compare(string name, Translator whole, Translator restricted, string[] source, int pairs)
    {
        var (without, with) = (new List<TimeSpan>(), new List<TimeSpan>());
        var same = whole.TranslateAll(source).Zip(restricted.TranslateAll(source)).Count(both => both.First.Text == both.Second.Text); // both warm afterwards
        for (var pair = 0; pair < pairs; pair++)
        {
            without.Add(Measure.Time(() => whole.TranslateAll(source)));
            with.Add(Measure.Time(() => restricted.TranslateAll(source)));
        }

        var ratios = without.Zip(with).Select(both => both.First / both.Second).Order().ToList();
        Measure.Row(name, FormattableString.Invariant($"{(double)same / source.Length:P1}"), Math.Round(Measure.Median(without).TotalSeconds, 3), Math.Round(Measure.Median(with).TotalSeconds, 3),
            FormattableString.Invariant($"{ratios[ratios.Count / 2]:F2} ({ratios[0]:F2} to {ratios[^1]:F2})"));
    }
}
