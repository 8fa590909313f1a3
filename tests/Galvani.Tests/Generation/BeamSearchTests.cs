using Galvani.Generation;

namespace Galvani.Tests.Generation;

/// <summary>Beam search over scripted decoders: against a twin that follows OpenNMT-py literally, and the properties that hold for any decoder.</summary>
public sealed class BeamSearchTests
{
    private const int VocabularyCount = 23;
    private const double Tolerance = 2e-5; // float32 sums of at most 20 log-probabilities below 8, against double precision

    private static readonly SpecialTokens Special = new(Start: 2, End: 3, Unknown: 0, Padding: 1);
    private static readonly SearchOptions Base = new() { BeamWidth = 4, HypothesisCount = 3, MaximumLength = 14, MaximumLengthRatio = 0 };

    public static TheoryData<string> OptionNames => [.. AllOptions.Keys];

    private static Dictionary<string, SearchOptions> AllOptions { get; } = new()
    {
        ["default"] = new SearchOptions { BeamWidth = 4, HypothesisCount = 2 },
        ["average"] = Base,
        ["wu"] = Base with { LengthPenalty = LengthPenalty.Wu, LengthPenaltyAlpha = 0.6 },
        ["none"] = Base with { LengthPenalty = LengthPenalty.None },
        ["version 2"] = SearchOptions.Version2 with { BeamWidth = 3, MaximumLength = 20 },
        ["length"] = Base with { MinimumLength = 5, MaximumLength = 9 },
        ["ratio of lengths"] = Base with { MaximumLengthRatio = 0.5 },
        ["coverage wu"] = Base with { CoveragePenalty = CoveragePenalty.Wu, CoverageBeta = 0.2 },
        ["coverage summary"] = Base with { CoveragePenalty = CoveragePenalty.Summary, CoverageBeta = 0.3 },
        ["stepwise"] = Base with { CoveragePenalty = CoveragePenalty.Summary, CoverageBeta = 0.3, IsCoverageStepwise = true },
        ["stop ratio"] = Base with { HypothesisCount = 1, StopRatio = 1.1 },
        ["repeats of 2"] = Base with { BlockedRepeatLength = 2 },
        ["repeats of 3, some allowed"] = Base with { BlockedRepeatLength = 3, RepeatableTokens = new HashSet<int> { 5, 6, 7, 8 } },
        ["no unknown"] = Base with { BansUnknown = true },
        ["width 1"] = Base with { BeamWidth = 1, HypothesisCount = 1 },
    };

    [Theory]
    [MemberData(nameof(OptionNames))]
    public void Run_EveryOption_EqualsTheTwin(string name)
    {
        var options = AllOptions[name];
        var search = new TokenSearch(options, Special);
        for (var key = 0; key < 40; key++)
        {
            var decoder = Decoder(key);
            var actual = search.Search(decoder, [new GenerationRequest(key)])[0];
            AssertEqual(BeamTwin.Search(decoder, 0, options, Special), actual, $"{name}, key {key}");
        }
    }

    [Fact]
    public void Run_ForcedPrefix_EqualsTheTwinAndBeginsWithIt()
    {
        var search = new TokenSearch(Base with { BlockedRepeatLength = 2 }, Special);
        for (var key = 0; key < 20; key++)
        {
            int[] prefix = [.. Enumerable.Range(0, 1 + key % 4).Select(i => 4 + (key + 5 * i) % 11)];
            var decoder = Decoder(key);
            var actual = search.Search(decoder, [new GenerationRequest(key, prefix)])[0];
            AssertEqual(BeamTwin.Search(decoder, 0, search.Options, Special, prefix), actual, $"key {key}");
            Assert.All(actual, hypothesis => Assert.Equal(prefix, hypothesis.Ids.Take(prefix.Length)));
        }
    }

    [Theory]
    [MemberData(nameof(OptionNames))]
    public void Run_InABatch_EqualsEachSentenceAlone(string name)
    {
        var search = new TokenSearch(AllOptions[name] with { KeepsAttention = true }, Special);
        var sentences = Enumerable.Range(0, 9).Select(Sentence).ToArray();
        var prefixes = sentences.Select(sentence => (int[])(sentence.Key % 3 == 0 ? [4, 9] : [])).ToArray();
        var batch = search.Search(new ScriptedDecoder(VocabularyCount, sentences), [.. prefixes.Select((prefix, index) => new GenerationRequest(index, prefix))]);
        for (var i = 0; i < sentences.Length; i++)
        {
            var alone = search.Search(new ScriptedDecoder(VocabularyCount, sentences[i]), [new GenerationRequest(i, prefixes[i])])[0];
            Assert.Equal(alone.Count, batch[i].Count);
            for (var h = 0; h < alone.Count; h++)
            {
                Assert.Equal(alone[h].Ids, batch[i][h].Ids);
                Assert.Equal(alone[h].Score, batch[i][h].Score);
                Assert.Equal(alone[h].TokenScores, batch[i][h].TokenScores);
                Assert.Equal(alone[h].Attention, batch[i][h].Attention);
            }
        }
    }

    [Fact]
    public void Run_WidthOne_EqualsTakingTheBestTokenAlways()
    {
        var search = new TokenSearch(Base with { BeamWidth = 1, HypothesisCount = 1 }, Special);
        for (var key = 0; key < 40; key++)
        {
            var decoder = Decoder(key);
            var tokens = new List<int>();
            do
            {
                var logits = decoder.LogitsOf(0, [.. tokens]);
                tokens.Add(Array.IndexOf(logits, logits.Max()));
            }
            while (tokens[^1] != Special.End && tokens.Count < Base.MaximumLength);
            Assert.Equal(tokens, search.Search(decoder, [new GenerationRequest(0)])[0][0].Ids);
        }
    }

    [Fact]
    public void Run_Scores_EqualAReScoreOfTheIds()
    {
        var search = new TokenSearch(Base with { KeepsAttention = true }, Special);
        for (var key = 0; key < 40; key++)
        {
            var decoder = Decoder(key);
            foreach (var hypothesis in search.Search(decoder, [new GenerationRequest(0)])[0])
            {
                var sum = 0.0;
                for (var t = 0; t < hypothesis.Ids.Count; t++)
                {
                    int[] before = [.. hypothesis.Ids.Take(t)];
                    var log = BeamTwin.LogSoftMax(decoder.LogitsOf(0, before))[hypothesis.Ids[t]];
                    Assert.Equal(log, hypothesis.TokenScores[t], Tolerance);
                    Assert.Equal(decoder.AttentionOf(0, before), hypothesis.Attention[t]);
                    sum += log;
                }

                Assert.Equal(sum / (hypothesis.Ids.Count + 1), hypothesis.Score, Tolerance);
            }
        }
    }

    [Fact]
    public void Run_EqualScores_TakeTheLowerIndexFirst()
    {
        var decoder = new ScriptedDecoder(8, new ScriptedSentence(0, 2)) { Script = (_, _) => new float[8] };
        var result = new TokenSearch(Base with { MaximumLength = 2, MinimumLength = 2 }, Special).Search(decoder, [new GenerationRequest(0)])[0];
        Assert.Equal([[0, 0], [0, 1], [0, 2]], result.Select(hypothesis => hypothesis.Ids));
    }

    [Fact]
    public void Run_FinishedSentences_LeaveTheBatch()
    {
        // Sentence 0 ends at once, sentence 1 never.
        var decoder = new ScriptedDecoder(6, new ScriptedSentence(0, 1), new ScriptedSentence(1, 1))
        {
            Script = (sentence, _) => sentence == 0 ? [0, 0, 0, 9, 0, 0] : [0, 0, 0, -9, 9, 0],
        };
        var options = Base with { BeamWidth = 2, HypothesisCount = 1, MaximumLength = 4 };
        var results = new TokenSearch(options, Special).Search(decoder, [new GenerationRequest(0), new GenerationRequest(1)]);
        Assert.Equal([2, 2, 2, 2], decoder.RowCounts);
        Assert.Equal([3], results[0][0].Ids);
        Assert.Equal([4, 4, 4, 4], results[1][0].Ids);
    }

    [Fact]
    public void Run_RepeatsOfOne_NoTokenTwice()
    {
        var search = new TokenSearch(Base with { BlockedRepeatLength = 1 }, Special);
        for (var key = 0; key < 20; key++)
            Assert.All(search.Search(Decoder(key), [new GenerationRequest(0)])[0], hypothesis => Assert.Equal(hypothesis.Ids.Count, hypothesis.Ids.Distinct().Count()));
    }

    [Fact]
    public void Run_EverythingForbidden_GivesWhatThereIs()
    {
        var search = new TokenSearch(Base with { Rules = [new ForbidAfter(2)] }, Special);
        var result = search.Search(Decoder(5), [new GenerationRequest(0)])[0];
        Assert.NotEmpty(result);
        Assert.All(result, hypothesis => Assert.True(hypothesis.Ids.Count <= 2));
    }

    [Fact]
    public void Run_RepetitionPenaltyAsARule_ActsWithoutTheSearchKnowing()
    {
        var decoder = new ScriptedDecoder(8, new ScriptedSentence(0, 2)) { Script = (_, _) => [0, 0, 0, -5, 3, 2.5f, 2, 0] };
        var plain = new TokenSearch(Base with { BeamWidth = 1, HypothesisCount = 1, MaximumLength = 3 }, Special).Search(decoder, [new GenerationRequest(0)])[0][0];
        var ruled = new TokenSearch(Base with { BeamWidth = 1, HypothesisCount = 1, MaximumLength = 3, Rules = [new RepetitionPenalty(3)] }, Special).Search(decoder, [new GenerationRequest(0)])[0][0];
        Assert.Equal([4, 4, 4], plain.Ids);
        Assert.Equal([4, 5, 6], ruled.Ids);
    }

    [Fact]
    public void Run_DecoderWithALengthLimit_StopsThere()
    {
        var decoder = new ScriptedDecoder(6, new ScriptedSentence(0, 1)) { MaximumLength = 3, Script = (_, _) => [0, 0, 0, -9, 9, 0] };
        var search = new TokenSearch(Base, Special);
        Assert.All(search.Search(decoder, [new GenerationRequest(0)])[0], hypothesis => Assert.Equal(3, hypothesis.Ids.Count));
        Assert.Contains("3", Assert.Throws<ArgumentException>(() => search.Search(decoder, [new GenerationRequest(0, [4, 4, 4])])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NoNumbers_IsAnErrorThatNamesTheSentence()
    {
        var decoder = new ScriptedDecoder(6, new ScriptedSentence(0, 1), new ScriptedSentence(1, 1)) { Script = (sentence, _) => [0, 0, 0, sentence == 1 ? float.NaN : 0, 0, 0] };
        var error = Assert.Throws<ArithmeticException>(() => new TokenSearch(Base, Special).Search(decoder, [new GenerationRequest(0), new GenerationRequest(1)]));
        Assert.Contains("sentence 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Cancelled_EndsBetweenSteps()
    {
        using var source = new CancellationTokenSource();
        var steps = 0;
        var decoder = new ScriptedDecoder(6, new ScriptedSentence(0, 1))
        {
            Script = (_, _) => [0, 0, 0, -9, 9, 0],
            OnStep = () =>
            {
                if (++steps == 3)
                    source.Cancel();
            },
        };
        Assert.Throws<OperationCanceledException>(() => new TokenSearch(Base, Special).Run(decoder, [new GenerationRequest(0)], source.Token));
        Assert.Equal(3, steps);
    }

    [Theory]
    [MemberData(nameof(OptionNames))]
    public void Run_AfterTheFirstBatch_StepsAllocateNothing(string name)
    {
        var search = new TokenSearch(AllOptions[name] with { KeepsAttention = true }, Special);
        var decoder = new QuietDecoder(rowCapacity: 3 * 4, VocabularyCount);
        GenerationRequest[] requests = [new GenerationRequest(0), new GenerationRequest(1), new GenerationRequest(2)];
        search.Search(decoder, requests);
        decoder.Allocated.Clear();
        search.Search(decoder, requests);
        Assert.True(decoder.Allocated.Count > 2);
        Assert.All(decoder.Allocated.Skip(1).Zip(decoder.Allocated), pair => Assert.Equal(pair.Second, pair.First));
    }

    [Fact]
    public void Validate_WrongValues_NameTheOption()
    {
        Assert.Contains("4", Assert.Throws<ArgumentException>(() => new TokenSearch(new SearchOptions { BeamWidth = 3, HypothesisCount = 4 }, Special)).Message, StringComparison.Ordinal);
        Assert.Equal("MaximumLength", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSearch(new SearchOptions { MaximumLength = 0 }, Special)).ParamName);
        Assert.Equal("StopRatio", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSearch(new SearchOptions { StopRatio = double.NaN }, Special)).ParamName);
    }

    private static ScriptedDecoder Decoder(int key) => new(VocabularyCount, Sentence(key));

    private static ScriptedSentence Sentence(int key) => new(key, 2 + key % 6);

    private static void AssertEqual(List<(int[] Ids, double Score)> expected, IReadOnlyList<Hypothesis> actual, string what)
    {
        LazyAssert.True(expected.Count == actual.Count, $"{what}: {actual.Count} hypotheses, expected {expected.Count}");
        for (var i = 0; i < expected.Count; i++)
        {
            LazyAssert.True(expected[i].Ids.SequenceEqual(actual[i].Ids), $"{what}, hypothesis {i}: {string.Join(' ', actual[i].Ids)}, expected {string.Join(' ', expected[i].Ids)}");
            Assert.Equal(expected[i].Score, actual[i].Score, Tolerance);
        }
    }

    /// <summary>Forbids every token once a hypothesis has so many.</summary>
    private sealed class ForbidAfter(int count) : IDecodingRule
    {
        public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
        {
            if (tokens.Length >= count)
                logProbabilities.Fill(float.NegativeInfinity);
        }
    }

    /// <summary>Multiplies the log-probabilities of tokens that were produced already.</summary>
    private sealed class RepetitionPenalty(float factor) : IDecodingRule
    {
        public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
        {
            for (var token = 0; token < logProbabilities.Length; token++)
                logProbabilities[token] *= tokens.Contains(token) ? factor : 1;
        }
    }

    /// <summary>A decoder that allocates nothing, and records what was allocated between its steps.</summary>
    private sealed class QuietDecoder(int rowCapacity, int vocabularyCount) : IDecoder
    {
        private readonly float[] attention = [0.25f, 0.25f, 0.5f];
        private readonly uint[] states = new uint[rowCapacity];
        private readonly uint[] before = new uint[rowCapacity];

        public List<long> Allocated { get; } = new(256);

        public int SentenceCount => 3;

        public int VocabularyCount => vocabularyCount;

        public int? MaximumLength => null;

        public int SourceLength(int sentence) => attention.Length;

        public void Begin(Span<float> logits)
        {
            for (var i = 0; i < SentenceCount; i++)
                states[i] = 1 + (uint)i;
            Fill(logits);
        }

        public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
        {
            states.CopyTo(before, 0);
            for (var i = 0; i < parents.Length; i++)
                states[i] = before[parents[i]] * 31 + (uint)tokens[i];
            Fill(logits);
        }

        public ReadOnlySpan<float> Attention(int row) => attention;

        private void Fill(Span<float> logits)
        {
            Allocated.Add(GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < logits.Length; i++)
                logits[i] = (states[i / VocabularyCount] * 2654435761u + (uint)(i % VocabularyCount) * 40503u) % 97 / 24f;
        }
    }
}
