using Galvani.Generation;

namespace Galvani.Tests.Generation;

/// <summary>Sampling over scripted decoders.</summary>
public sealed class SampleSearchTests
{
    private const int End = 3;
    private static readonly SpecialTokens Special = new(Start: 2, End, Unknown: 0, Padding: 1);

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(7, 0.0)]
    [InlineData(0, 0.7)]
    public void Run_BatchOrAlone_DrawsTheSame(int topCount, double topProbability)
    {
        var search = Sampler(topCount, topProbability, temperature: 1.3);
        ScriptedSentence[] sentences = [.. Enumerable.Range(0, 7).Select(key => new ScriptedSentence(key, 4))];
        var batch = search.Search(new ScriptedDecoder(30, sentences), [.. sentences.Select(sentence => new GenerationRequest(sentence.Key))]);
        foreach (var sentence in sentences)
        {
            var alone = search.Search(new ScriptedDecoder(30, sentence), [new GenerationRequest(sentence.Key)])[0];
            Assert.Equal(alone.Select(hypothesis => hypothesis.Ids), batch[sentence.Key].Select(hypothesis => hypothesis.Ids));
            Assert.Equal(alone.Select(hypothesis => hypothesis.Score), batch[sentence.Key].Select(hypothesis => hypothesis.Score));
            Assert.Equal(alone.Select(hypothesis => hypothesis.Score).OrderDescending(), alone.Select(hypothesis => hypothesis.Score));
        }
    }

    [Fact]
    public void Run_SameLogitsManyStreams_FollowTheProbabilities()
    {
        const int Draws = 20000;
        float[] logits = [1, 0, -1, 0.5f, 2, -2];
        var counts = Count(Sampler(0, 0, temperature: 1, maximumLength: 1), logits, Draws);
        var probabilities = BeamTwin.LogSoftMax(logits).Select(Math.Exp).ToArray();
        for (var token = 0; token < logits.Length; token++)
        {
            var deviation = Math.Sqrt(Draws * probabilities[token] * (1 - probabilities[token]));
            Assert.InRange(counts[token], Draws * probabilities[token] - 4.5 * deviation, Draws * probabilities[token] + 4.5 * deviation);
        }
    }

    [Theory]
    [InlineData(2, 0.0, new[] { 0, 4 })]
    [InlineData(3, 0.0, new[] { 0, 3, 4, 5 })] // 3 and 5 are equally likely
    [InlineData(0, 0.5, new[] { 4 })]
    [InlineData(0, 0.7, new[] { 0, 4 })]
    [InlineData(4, 0.7, new[] { 0, 4 })]
    public void Run_Truncated_DrawsOnlyTheLikely(int topCount, double topProbability, int[] expected)
    {
        float[] logits = [1, -3, -1, 0, 2, 0]; // probabilities 0.21 0.00 0.03 0.08 0.58 0.08
        var counts = Count(Sampler(topCount, topProbability, temperature: 1, maximumLength: 1), logits, draws: 2000);
        Assert.Equal(expected, Enumerable.Range(0, logits.Length).Where(token => counts[token] > 0));
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(0, 0.0)]
    public void Run_NothingToDraw_TakesTheBestToken(int topCount, double temperature)
    {
        var decoder = new ScriptedDecoder(6, new ScriptedSentence(0, 2)) { Script = (_, tokens) => tokens.Length < 2 ? [0, 0, 0, -1, 3, 1] : [0, 0, 0, 5, 0, 0] };
        var hypothesis = Sampler(topCount, 0, temperature, beamWidth: 1).Search(decoder, [new GenerationRequest(0)])[0][0];
        Assert.Equal([4, 4, End], hypothesis.Ids);
        var sum = hypothesis.TokenScores.Sum(score => (double)score);
        Assert.Equal((temperature > 0 ? sum / temperature : sum) / 4, hypothesis.Score, 1e-5);
    }

    [Fact]
    public void Run_ForcedPrefix_IsDrawnFirst()
    {
        var decoder = new ScriptedDecoder(30, new ScriptedSentence(1, 4));
        Assert.All(Sampler(0, 0, 1).Search(decoder, [new GenerationRequest(9, [7, 8])])[0], hypothesis => Assert.Equal([7, 8], hypothesis.Ids.Take(2)));
    }

    [Fact]
    public void At_Places_GiveDifferentNumbersInTheUnitInterval()
    {
        var numbers = new HashSet<double>();
        for (var seed = -2; seed < 3; seed++)
        {
            for (var stream = 0; stream < 10; stream++)
            {
                for (var path = 0; path < 3; path++)
                {
                    for (var position = 0; position < 20; position++)
                    {
                        var number = RandomStream.At(seed, stream, path, position);
                        Assert.InRange(number, 0, 1 - 1e-16);
                        Assert.True(numbers.Add(number));
                    }
                }
            }
        }

        Assert.Equal(0.5, numbers.Average(), 0.03);
    }

    [Fact]
    public void Validate_WrongValues_Refused()
    {
        foreach (var sampling in (SamplingOptions[])[new() { TopCount = -1 }, new() { TopProbability = 1.5 }, new() { Temperature = -1 }, new() { Temperature = double.NaN }])
            Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSearch(new SearchOptions { Sampling = sampling }, Special));
    }

    private static TokenSearch Sampler(int topCount, double topProbability, double temperature, int maximumLength = 12, int beamWidth = 3) => new(
        new SearchOptions
        {
            BeamWidth = beamWidth, HypothesisCount = beamWidth, MaximumLength = maximumLength,
            Sampling = new SamplingOptions { TopCount = topCount, TopProbability = topProbability, Temperature = temperature, Seed = 5 },
        },
        Special);

    private static int[] Count(TokenSearch search, float[] logits, int draws)
    {
        var counts = new int[logits.Length];
        for (var stream = 0; stream < draws; stream += search.Options.BeamWidth)
        {
            var decoder = new ScriptedDecoder(logits.Length, new ScriptedSentence(0, 2)) { Script = (_, _) => logits };
            foreach (var hypothesis in search.Search(decoder, [new GenerationRequest(stream)])[0])
                counts[hypothesis.Ids[0]]++;
        }

        return counts;
    }
}
