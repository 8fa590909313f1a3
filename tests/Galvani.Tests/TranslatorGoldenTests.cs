using System.Text.Json;
using Galvani.Evaluation;
using Galvani.Generation;

namespace Galvani.Tests;

/// <summary>Every decoding case that OpenNMT-py 3.5.1 computed: the same ids, the same scores.</summary>
public sealed class TranslatorGoldenTests
{
    private const double ScoreTolerance = 1e-4; // seen at most 8.7e-5: a sum over 15 tokens without length penalty (multiquery); 5e-6 with the default penalty
    private const double SampleScoreTolerance = 1e-5; // seen at most 7.8e-6

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    public static TheoryData<string> MoreCases => [.. GoldenCase.Read("base", "expected-more.json").Keys];

    [Theory]
    [MemberData(nameof(Options))]
    public void TranslateAll_EveryCaseOfAnOption_EqualsOpenNmt(string option)
    {
        using var model = NmtModel.Open(Repository.Golden(option, "model.pt"));
        var requests = Requests(model, option);
        foreach (var (name, golden) in GoldenCase.Read(option, "expected.json"))
        {
            var actual = new Translator(model, golden.Parse(option, model.TargetVocabulary!)).TranslateAll(requests, TestContext.Current.CancellationToken);
            for (var line = 0; line < requests.Count; line++)
                GoldenHypothesis.AssertEqual(golden.Results[line], actual[line].Hypotheses, ScoreTolerance, $"{option} {name} line {line}");
        }
    }

    [Theory]
    [MemberData(nameof(MoreCases))]
    public void TranslateAll_CasesOfSeveralModelsAndFiles_EqualOpenNmt(string name)
    {
        var golden = GoldenCase.Read("base", "expected-more.json")[name];
        var models = golden.Models.Select(option => NmtModel.Open(Repository.Golden(option, "model.pt"))).ToList();
        var translator = new Translator(models, golden.Parse("base", models[0].TargetVocabulary!));
        var requests = Requests(models[0], "base");
        if (name.StartsWith("prefix", StringComparison.Ordinal))
        {
            var prefixes = File.ReadAllLines(Repository.Golden("base", "prefix.txt"));
            requests = [.. requests.Select((request, line) => request with { Prefix = translator.PrefixIdsOfPieces(prefixes[line]) })];
        }

        var actual = translator.TranslateAll(requests, TestContext.Current.CancellationToken);
        for (var line = 0; line < requests.Count; line++)
            GoldenHypothesis.AssertEqual(golden.Results[line], actual[line].Hypotheses, ScoreTolerance, $"{name} line {line}");
        CheckLines(golden, actual, models[0]);
        models.ForEach(model => model.Dispose());
    }

    [Theory]
    [InlineData("model.pt", "greedy.json", 1)]
    [InlineData("model.pt", "beam3.json", 3)]
    [InlineData("converted-to-v3.pt", "greedy.json", 1)]
    [InlineData("converted-to-v3.pt", "beam3.json", 3)]
    public void TranslateAll_ModelOfVersion2_EqualsOpenNmt(string file, string expected, int width)
    {
        using var model = NmtModel.Open(Repository.Golden("opennmt-v2", file));
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Golden("opennmt-v2", expected)));
        var options = new TranslationOptions { Search = new SearchOptions { BeamWidth = width, MaximumLength = 40, MaximumLengthRatio = 0 } };
        var requests = Requests(model, "opennmt-v2");
        var actual = new Translator(model, options).TranslateAll(requests, TestContext.Current.CancellationToken);
        var lines = document.RootElement.EnumerateArray().ToList();
        Assert.Equal(lines.Count, actual.Count);
        for (var line = 0; line < lines.Count; line++)
        {
            Assert.Equal(lines[line].GetProperty("src").EnumerateArray().Select(id => id.GetInt32()), requests[line].Source.Ids);
            GoldenHypothesis.AssertEqual([.. lines[line].GetProperty("hyps").EnumerateArray().Select(GoldenHypothesis.Read)], actual[line].Hypotheses, ScoreTolerance, $"{expected} line {line}");
        }
    }

    [Theory]
    [InlineData("greedy", 1, 1)]
    [InlineData("beam5", 5, 3)]
    public void TranslateAll_SampleTestLines_EqualOpenNmtAndItsBleu(string way, int width, int count)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var options = new TranslationOptions { Search = new SearchOptions { BeamWidth = width, HypothesisCount = count, MaximumLength = 150, MaximumLengthRatio = 0 } };
        var translator = new Translator(model, options);
        var parts = File.ReadAllLines(Repository.Sample("test.ru")).Chunk(57).ToArray();
        var results = new IReadOnlyList<Translation>[parts.Length];
        Parallel.For(0, parts.Length, part => results[part] = translator.TranslateAll(parts[part], TestContext.Current.CancellationToken)); // a translator is shared by threads
        var actual = results.SelectMany(part => part).ToList();
        var lines = File.ReadAllLines(Repository.Sample("expected.jsonl"));
        Assert.Equal(454, lines.Length);
        for (var line = 0; line < lines.Length; line++)
        {
            using var document = JsonDocument.Parse(lines[line]);
            var expected = document.RootElement.GetProperty(way).EnumerateArray().ToList();
            GoldenHypothesis.AssertEqual([.. expected.Select(GoldenHypothesis.Read)], actual[line].Hypotheses, SampleScoreTolerance, $"{way} line {line}");
            foreach (var hypothesis in actual[line].Hypotheses)
            {
                var same = expected.Single(other => GoldenHypothesis.Read(other).Ids.SequenceEqual(hypothesis.Ids));
                Assert.Equal(same.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()), hypothesis.Pieces);
                Assert.Equal(same.GetProperty("text").GetString(), hypothesis.Text);
            }
        }

        using var recorded = JsonDocument.Parse(File.ReadAllText(Repository.Sample("expected.json")));
        var score = BleuScore.Of([.. actual.Select(translation => translation.Text)], File.ReadAllLines(Repository.Sample("test.en"))).Score;
        Assert.Equal(recorded.RootElement.GetProperty("bleu").GetProperty(way).GetDouble(), Math.Round(score, 2));
    }

    private static List<TranslationRequest> Requests(NmtModel model, string option)
    {
        var hasFeatures = File.Exists(Repository.Golden(option, "source.feats.txt"));
        var lines = File.ReadAllLines(Repository.Golden(option, hasFeatures ? "source.feats.txt" : "source.txt"));
        return [.. lines.Select((line, index) => new TranslationRequest(model.TakePieces(line), index + 1))];
    }

    /// <summary>The toolkit's output lines; where it puts an unknown token for a source word outside the vocabulary, we put the word.</summary>
    private static void CheckLines(GoldenCase golden, IReadOnlyList<Translation> actual, NmtModel model)
    {
        var texts = actual.SelectMany(translation => translation.Hypotheses.Select(hypothesis => (translation.Source, hypothesis.Pieces))).ToList();
        Assert.Equal(golden.Lines.Count, texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var expected = golden.Lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(expected.Length, texts[i].Pieces.Count);
            for (var j = 0; j < expected.Length; j++)
            {
                if (expected[j] == "<unk>" && golden.Options.Contains("-replace_unk", StringComparison.Ordinal))
                    Assert.True(!model.SourceVocabulary.Contains(texts[i].Pieces[j]) && texts[i].Source.Pieces.Contains(texts[i].Pieces[j]), $"line {i} piece {j}: {texts[i].Pieces[j]}");
                else
                    Assert.Equal(expected[j], texts[i].Pieces[j]);
            }
        }
    }
}
