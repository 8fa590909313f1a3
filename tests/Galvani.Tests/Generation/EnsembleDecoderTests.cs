using Galvani.Generation;

namespace Galvani.Tests.Generation;

/// <summary>Ensembles of scripted decoders.</summary>
public sealed class EnsembleDecoderTests
{
    private static readonly SpecialTokens Special = new(Start: 2, End: 3, Unknown: 0, Padding: 1);

    [Theory]
    [InlineData(EnsembleMean.Logits)]
    [InlineData(EnsembleMean.Exponentials)]
    public void Run_ThreeDecoders_EqualsOneWithTheMean(EnsembleMean mean)
    {
        var parts = Enumerable.Range(0, 3).Select(key => new ScriptedDecoder(20, new ScriptedSentence(key, 3), new ScriptedSentence(key + 10, 3))).ToArray();
        var whole = new ScriptedDecoder(20, new ScriptedSentence(0, 3), new ScriptedSentence(10, 3))
        {
            Script = (sentence, tokens) =>
            {
                var logits = parts.Select(part => part.LogitsOf(sentence, tokens)).ToArray();
                return [.. Enumerable.Range(0, 20).Select(v => mean == EnsembleMean.Logits
                    ? (float)logits.Average(row => (double)row[v])
                    : (float)Math.Log(logits.Average(row => Math.Exp(row[v]))))];
            },
        };
        var search = new TokenSearch(new SearchOptions { BeamWidth = 3, HypothesisCount = 3, MaximumLength = 10, KeepsAttention = true }, Special);
        GenerationRequest[] requests = [new GenerationRequest(0), new GenerationRequest(1)];
        var (actual, expected) = (search.Search(new EnsembleDecoder(parts, mean), requests), search.Search(whole, requests));
        for (var sentence = 0; sentence < 2; sentence++)
        {
            Assert.Equal(expected[sentence].Select(hypothesis => hypothesis.Ids), actual[sentence].Select(hypothesis => hypothesis.Ids));
            for (var i = 0; i < 3; i++)
                Assert.Equal(expected[sentence][i].Score, actual[sentence][i].Score, 1e-5);
            var means = Enumerable.Range(0, 3).Select(s => (float)parts.Average(part => (double)part.AttentionOf(sentence, [])[s])).ToArray();
            NumericAssert.Close(means, actual[sentence][0].Attention[0], 1e-6);
        }
    }

    [Fact]
    public void Begin_LargeLogits_DoNotOverflow()
    {
        ScriptedDecoder Constant(float value) => new(4, new ScriptedSentence(0, 1)) { Script = (_, _) => [value, 0, 0, 0] };
        var ensemble = new EnsembleDecoder([Constant(500), Constant(-500)], EnsembleMean.Exponentials);
        var logits = new float[4];
        ensemble.Begin(logits);
        Assert.Equal(500 - (float)Math.Log(2), logits[0], 1e-3);
    }

    [Theory]
    [InlineData(EnsembleMean.Logits, float.NegativeInfinity)]
    [InlineData(EnsembleMean.Exponentials, -0.6931472f)] // half of e^0
    public void Begin_ImpossibleTokens_StayImpossibleWhereNoModelHasThem(EnsembleMean mean, float halfPossible)
    {
        ScriptedDecoder Scripted(params float[] row) => new(3, new ScriptedSentence(0, 1)) { Script = (_, _) => row };
        const float Impossible = float.NegativeInfinity;
        var ensemble = new EnsembleDecoder([Scripted(1, Impossible, Impossible), Scripted(1, Impossible, 0)], mean);
        var logits = new float[3];
        ensemble.Begin(logits);
        Assert.Equal((1f, Impossible), (logits[0], logits[1]));
        Assert.Equal(halfPossible, logits[2]);
    }

    [Fact]
    public void Constructor_ModelsThatDoNotFit_Refused()
    {
        var first = new ScriptedDecoder(20, new ScriptedSentence(0, 3));
        Assert.Throws<ArgumentException>(() => new EnsembleDecoder([], EnsembleMean.Logits));
        Assert.Contains("21", Assert.Throws<ArgumentException>(() => new EnsembleDecoder([first, new ScriptedDecoder(21, new ScriptedSentence(0, 3))], EnsembleMean.Logits)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new EnsembleDecoder([first, new ScriptedDecoder(20, new ScriptedSentence(0, 4))], EnsembleMean.Logits));
    }
}
