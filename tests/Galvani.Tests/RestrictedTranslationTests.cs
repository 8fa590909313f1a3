using Galvani.Generation;
using Galvani.Tests.Models;
using Galvani.Text;
using Galvani.VocabularyMaps;

namespace Galvani.Tests;

/// <summary>Translation with a vocabulary map: every sentence by its own candidates, whatever its batch.</summary>
public sealed class RestrictedTranslationTests
{
    private static readonly string[] Source = [.. File.ReadLines(Repository.Sample("test.ru")).Take(48)];

    public static TheoryData<ComputeType> ComputeTypes => [ComputeType.Float32, ComputeType.Int8, ComputeType.Int8Exact];

    [Fact]
    public void Translate_MapOfTheWholeVocabulary_GivesTheSame()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var all = OpenMap(folder, model.TargetVocabulary!, $"\t{string.Join(' ', model.TargetVocabulary!.Tokens)}\n");
        foreach (var width in (int[])[1, 5])
        {
            var search = new SearchOptions { BeamWidth = width };
            var expected = Translate(model, new TranslationOptions { Search = search });
            var actual = Translate(model, new TranslationOptions { Search = search, VocabularyMap = all });
            for (var i = 0; i < expected.Count; i++)
            {
                Assert.Equal(expected[i].Ids, actual[i].Ids);
                Assert.Equal(expected[i].Score, actual[i].Score, 1e-4);
            }
        }
    }

    [Fact]
    public void Translate_Greedy_TakesTheLikeliestOfTheCandidates()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var map = SampleMap(folder, model);
        var greedy = new SearchOptions { BeamWidth = 1 };
        foreach (var (text, actual) in Source.Zip(Translate(model, new TranslationOptions { Search = greedy, VocabularyMap = map })))
        {
            int[] candidates = [0, 1, 2, 3, .. map.CandidatesOf(model.Tokenize(text).Pieces)];
            var twin = new Translator(model, new TranslationOptions { Search = greedy with { Rules = [new OnlyThese(candidates)] } });
            Assert.Equal(twin.Translate(text, TestContext.Current.CancellationToken).Hypotheses[0].Ids, actual.Ids);
        }
    }

    [Theory]
    [MemberData(nameof(ComputeTypes))]
    public void Translate_AloneAndAmongOthers_HasTheSameBits(ComputeType compute)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { Compute = compute });
        using var folder = new TemporaryFolder();
        var map = SampleMap(folder, model);
        foreach (var search in (SearchOptions[])[new() { BeamWidth = 1 }, new(), new() { BeamWidth = 2, Sampling = new SamplingOptions { TopCount = 50, Seed = 7 } }])
        {
            var together = Translate(model, new TranslationOptions { Search = search, VocabularyMap = map, BatchSize = 32 });
            var alone = Translate(model, new TranslationOptions { Search = search, VocabularyMap = map, BatchSize = 1 });
            for (var i = 0; i < together.Count; i++)
            {
                Assert.Equal(together[i].Ids, alone[i].Ids);
                Assert.Equal(together[i].TokenScores.Select(BitConverter.SingleToInt32Bits), alone[i].TokenScores.Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [Fact]
    public void Translate_EnsembleOfOneModelTwice_EqualsTheModel()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var map = SampleMap(folder, model);
        var single = Translate(model, new TranslationOptions { VocabularyMap = map });
        foreach (var mean in (EnsembleMean[])[EnsembleMean.Logits, EnsembleMean.Exponentials])
        {
            var both = new Translator([model, model], new TranslationOptions { VocabularyMap = map, EnsembleMean = mean }).TranslateAll(Source, TestContext.Current.CancellationToken);
            Assert.Equal(single.Select(best => best.Ids), both.Select(translation => translation.Hypotheses[0].Ids));
        }
    }

    [Fact]
    public void Translate_PrefixAndRepeatsOutsideTheMap_AreKept()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var map = OpenMap(folder, model.TargetVocabulary!, "▁Открыть\t▁Open ▁File\n▁файл\t▁File\n");
        var translator = new Translator(model, new TranslationOptions { VocabularyMap = map, Search = new SearchOptions { BeamWidth = 2, BlockedRepeatLength = 1, RepeatableTokens = new HashSet<int> { 700 } } });
        var prefix = translator.PrefixIds("Close", TestContext.Current.CancellationToken);
        Assert.DoesNotContain(prefix[0], map.CandidatesOf(["▁Открыть", "▁файл"]));
        var best = translator.TranslateAll([new TranslationRequest(model.Tokenize("Открыть файл"), 1) { Prefix = prefix }], TestContext.Current.CancellationToken)[0].Hypotheses[0];
        Assert.Equal("▁Close", best.Pieces[0]);
        var outside = Assert.Throws<ArgumentException>(() => translator.TranslateAll([new TranslationRequest(model.Tokenize("файл"), 1) { Prefix = [100_000] }], TestContext.Current.CancellationToken));
        Assert.StartsWith("The token 100000 is outside the vocabulary", outside.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_AttentionAndAlignment_BelongToTheModelsIds()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var best = new Translator(model, new TranslationOptions { VocabularyMap = SampleMap(folder, model), ReportsAttention = true, ReportsAlignment = true }).Translate(Source[0], TestContext.Current.CancellationToken).Hypotheses[0];
        Assert.Equal(best.Ids.Count, best.Attention!.Count);
        Assert.Equal(best.Pieces.Count, best.Alignment!.Count);
        Assert.Equal(best.Pieces, best.Ids.SkipLast(1).Select(id => model.TargetVocabulary!.Tokens[id]));
    }

    [Fact]
    public void Translator_WhatAMapCannotRestrict_IsRefused()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var map = SampleMap(folder, model);
        AssertRefused(model, new TranslationOptions { VocabularyMap = map, Search = new SearchOptions { Rules = [new OnlyThese([1])] } }, "Decoding rules see the whole vocabulary");
        AssertRefused(model, new TranslationOptions { VocabularyMap = OpenMap(folder, new Vocabulary(["<unk>"]), "") }, "The vocabulary map was opened for another vocabulary");
        using var language = new GoldenModel("lm");
        AssertRefused(language.Model, new TranslationOptions { VocabularyMap = map }, "A language model has no source");
    }

    [Fact]
    public void Notes_MapWithOtherTokens_SayHowMany()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        var map = OpenMap(folder, model.TargetVocabulary!, "▁файл\t▁File ▁notapiece\n");
        Assert.Equal(["1 of 2 candidates of the vocabulary map are not in the target vocabulary and left out"], new Translator(model, new TranslationOptions { VocabularyMap = map }).Notes);
    }

    [Fact]
    public void Find_LikelyTokens_HaveTheTranslationAndDependOnTheLineAlone()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var likely = new LikelyTokens(model, new SearchOptions { BeamWidth = 2 });
        var lines = Source.Append("").Select(text => model.Tokenize(text)).ToList();
        var together = likely.Find(lines, TestContext.Current.CancellationToken);
        var expected = Translate(model, new TranslationOptions { Search = new SearchOptions { BeamWidth = 2 } });
        for (var i = 0; i < Source.Length; i++)
        {
            Assert.Empty(expected[i].Ids.Zip(expected[i].TokenScores).Where(token => token.Second > Math.Log(0.0031)).Select(token => token.First).Except(together[i].Select(token => token.Id)));
            Assert.All(together[i], token => Assert.InRange(token.Probability, 0.00299, 1.00001));
            Assert.Equal(together[i], likely.Find([lines[i]], TestContext.Current.CancellationToken)[0]);
        }

        Assert.Empty(together[^1]);
        Assert.Throws<ArgumentOutOfRangeException>("smallestProbability", () => new LikelyTokens(model, search: null, smallestProbability: 0));
        using var language = new GoldenModel("lm");
        Assert.Throws<ArgumentException>("model", () => new LikelyTokens(language.Model));
    }

    private static void AssertRefused(NmtModel model, TranslationOptions options, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<ArgumentException>(() => new Translator(model, options)).Message, StringComparison.Ordinal);

    private static List<TranslationHypothesis> Translate(NmtModel model, TranslationOptions options) =>
        [.. new Translator(model, options).TranslateAll(Source, TestContext.Current.CancellationToken).Select(translation => translation.Hypotheses[0])];

    private static VocabularyMap OpenMap(TemporaryFolder folder, Vocabulary target, string text)
    {
        File.WriteAllText(folder.File("vmap.txt"), text);
        return VocabularyMap.Open(folder.File("vmap.txt"), target);
    }

    /// <summary>A map of what the model finds likely for some other lines: large enough to work, small enough to bind.</summary>
    private static VocabularyMap SampleMap(TemporaryFolder folder, NmtModel model)
    {
        using var likely = new LikelyTokens(model, new SearchOptions { BeamWidth = 1 });
        var lines = File.ReadLines(Repository.Sample("test.ru")).Skip(100).Take(150).Select(text => model.Tokenize(text)).ToList();
        var builder = new VocabularyMapBuilder(model.TargetVocabulary!, new VocabularyMapOptions { CommonCount = 100, CandidateCount = 40, LongestKey = 2 });
        foreach (var (line, tokens) in lines.Zip(likely.Find(lines, TestContext.Current.CancellationToken)))
            builder.Add(line.Pieces, tokens);
        builder.Write(folder.File("built.txt"), TestContext.Current.CancellationToken);
        return VocabularyMap.Open(folder.File("built.txt"), model.TargetVocabulary!);
    }

    private sealed class OnlyThese(IEnumerable<int> tokens) : IDecodingRule
    {
        private readonly HashSet<int> allowed = [.. tokens];

        public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
        {
            for (var token = 0; token < logProbabilities.Length; token++)
            {
                if (!allowed.Contains(token))
                    logProbabilities[token] = float.NegativeInfinity;
            }
        }
    }
}
