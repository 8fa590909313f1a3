using System.Text.Json;
using Galvani.Evaluation;

namespace Galvani.Tests.Evaluation;

/// <summary>BLEU and chrF against values worked out by hand, and against what is recorded with the sample.</summary>
public sealed class ScoresTests
{
    [Theory]
    [InlineData("Hello, world!", "Hello|,|world|!")]
    [InlineData("It costs 3,500.25 dollars.", "It|costs|3,500.25|dollars|.")]
    [InlineData("a.b 1.b a.1 1-2 a-b", "a|.|b|1|.|b|a|.|1|1|-|2|a-b")]
    [InlineData("&quot;x&quot; &amp;lt; <y> (z) don't", "\"|x|\"|<|<|y|>|(|z|)|don't")]
    [InlineData("  «Привет»\u00a0мир\u2028 ", "«Привет»|мир")]
    [InlineData("a\u001cb <skipped>c", "a|b|c")]
    public void Words_OfASegment_AreThoseOf13a(string segment, string expected) => Assert.Equal(expected.Split('|'), Tokenization13a.Words(segment));

    [Fact]
    public void Bleu_PapinenisExample_CountsEachReferenceWordOnce()
    {
        var score = BleuScore.Of(["the the the the the the the"], ["the cat is on the mat"]);
        Assert.Equal(100.0 * 2 / 7, score.Precisions[0], 1e-12);
        Assert.Equal([100 / (2.0 * 6), 100 / (4.0 * 5), 100 / (8.0 * 4)], score.Precisions.Skip(1)); // exponential smoothing
        Assert.Equal(1, score.BrevityPenalty);
    }

    [Fact]
    public void Bleu_TwoSegments_IsTheGeometricMeanTimesBrevity()
    {
        // 1-grams 8 of 9, 2-grams 5 of 7, 3-grams 3 of 5, 4-grams 1 of 3; 9 words against 10.
        var score = BleuScore.Of(["the cat sat on a mat", "so it is"], ["the cat sat on the mat", "so it is ."]);
        Assert.Equal((9, 10), (score.HypothesisLength, score.ReferenceLength));
        double[] precisions = [100 * 8 / 9.0, 100 * 5 / 7.0, 100 * 3 / 5.0, 100 * 1 / 3.0];
        for (var i = 0; i < precisions.Length; i++)
            Assert.Equal(precisions[i], score.Precisions[i], 1e-9);
        Assert.Equal(Math.Exp(1 - 10 / 9.0) * Math.Pow(precisions.Aggregate((a, b) => a * b), 0.25), score.Score, 1e-9);
    }

    [Fact]
    public void Bleu_NothingInCommonOrTooShort_IsZero()
    {
        Assert.Equal(0, BleuScore.Of(["x y z w"], ["a b c d"]).Score);
        Assert.Equal(0, BleuScore.Of(["a b"], ["a b"]).Score); // no 3-gram at all
        Assert.Equal(0, BleuScore.Of([""], ["a"]).Score);
        Assert.Equal(100, BleuScore.Of(["a b c d"], ["a b c d"]).Score, 1e-9);
    }

    [Fact]
    public void Chrf_SmallSegments_EqualsTheFormula()
    {
        // "abcd" against "abed": 1-grams 3 of 4 and 4, 2-grams 1 of 3 and 3, 3-grams 0 of 2, 4-grams 0 of 1.
        var mean = (3 / 4.0 + 1 / 3.0) / 4;
        Assert.Equal(100 * mean, ChrfScore.Of(["ab cd"], ["abed"]).Score, 1e-9);
        // "ab" against "abc": 1-grams 2 of 2 and 3, 2-grams 1 of 1 and 2; the hypothesis has no 3-gram.
        var (precision, recall) = ((1 + 1) / 2.0, (2 / 3.0 + 1 / 2.0) / 2);
        Assert.Equal(100 * 5 * precision * recall / (4 * precision + recall), ChrfScore.Of(["ab"], ["abc"]).Score, 1e-9);
        Assert.Equal(100, ChrfScore.Of(["Привет, 🙂"], ["Привет,🙂"]).Score, 1e-9);
        Assert.Equal(0, ChrfScore.Of(["x"], ["y"]).Score);
        Assert.Equal(0, ChrfScore.Of([""], ["y"]).Score);
    }

    [Fact]
    public void Of_UnequalCounts_NamesBoth()
    {
        Assert.Contains("2 hypotheses and 1 references", Assert.Throws<ArgumentException>(() => BleuScore.Of(["a", "b"], ["a"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ChrfScore.Of([], []));
    }

    [Theory]
    [InlineData("greedy")]
    [InlineData("beam5")]
    public void Bleu_SampleTranslations_EqualsTheRecordedScores(string way)
    {
        var recorded = JsonDocument.Parse(File.ReadAllText(Repository.Sample("expected.json"))).RootElement;
        var references = File.ReadAllLines(Repository.Sample("test.en"));
        var hypotheses = File.ReadLines(Repository.Sample("expected.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty(way)[0].GetProperty("text").GetString()!).ToList();
        Assert.Equal(recorded.GetProperty("bleu").GetProperty(way).GetDouble(), Math.Round(BleuScore.Of(hypotheses, references).Score, 2));
        Assert.Equal(recorded.GetProperty("signature").GetString(), BleuScore.Signature);
    }
}
