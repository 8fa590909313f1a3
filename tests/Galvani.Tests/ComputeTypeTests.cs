using Galvani.Evaluation;
using Galvani.Generation;
using Galvani.Models;

namespace Galvani.Tests;

/// <summary>Translation in 8 bits: how near it is to single precision, and that nothing but the line decides what comes out.</summary>
public sealed class ComputeTypeTests(ITestOutputHelper output)
{
    private static readonly string[] Source = File.ReadAllLines(Repository.Sample("test.ru"));
    private static readonly string[] Reference = File.ReadAllLines(Repository.Sample("test.en"));

    public static TheoryData<ComputeType> Types => [ComputeType.Float32, ComputeType.Int8, ComputeType.Int8Exact];

    [Theory]
    [InlineData(ComputeType.Int8, 0.90)]
    [InlineData(ComputeType.Int8Exact, 0.93)]
    public void Translate_TestLinesOfTheSampleGreedily_AreNearlyThoseOfSinglePrecision(ComputeType compute, double leastShare)
    {
        const double LargestLoss = 0.3; // BLEU
        var (exact, quantized) = (Translate(ComputeType.Float32), Translate(compute));
        var share = exact.Zip(quantized).Count(pair => pair.First == pair.Second) / (double)exact.Count;
        var (exactScore, score) = (BleuScore.Of(exact, Reference).Score, BleuScore.Of(quantized, Reference).Score);
        output.WriteLine($"{compute}: {share:P1} of {exact.Count} lines equal, BLEU {score:F2}, in single precision {exactScore:F2}");
        Assert.InRange(share, leastShare, 1);
        Assert.True(score >= exactScore - LargestLoss, $"BLEU {score:F2} is more than {LargestLoss} below {exactScore:F2}");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TranslateAll_BatchesAndThreads_ChangeNoBit(ComputeType compute)
    {
        var expected = Signatures(compute, threadCount: 1, batchSize: 1);
        Assert.Equal(expected, Signatures(compute, threadCount: 1, batchSize: 32));
        Assert.Equal(expected, Signatures(compute, threadCount: 2, batchSize: 1));
        Assert.Equal(expected, Signatures(compute, threadCount: 3, batchSize: 7));
        Assert.Equal(expected, Signatures(compute, threadCount: 2, batchSize: 32)); // parts side by side
        Assert.Equal(expected, Signatures(compute, threadCount: 4, batchSize: compute == ComputeType.Float32 ? 20 : 10)); // two parts, two threads each
    }

    [Theory]
    [InlineData(ComputeType.Int8)]
    [InlineData(ComputeType.Int8Exact)]
    public void Score_EveryKindOfModel_IsNearSinglePrecision(ComputeType compute)
    {
        foreach (var option in (string[])["base", "mixture-of-experts", "average-attention", "lm-rms-silu", "parallel-residual"])
        {
            var path = Repository.Golden(option, "model.pt");
            using var exact = NmtModel.Open(path);
            using var quantized = NmtModel.Open(path, new NmtModelOptions { Compute = compute });
            var line = exact.TakePieces(File.ReadLines(Repository.Golden(option, exact.Config.Task == ModelTask.LanguageModel ? "target.txt" : "source.txt")).First(text => text.Length > 0));
            float[] Rows(NmtModel model) => model.Config.Task == ModelTask.LanguageModel ? new Scorer(model).LogProbabilities(line) : new Scorer(model).LogProbabilities(line, line);
            var (expected, actual) = (Rows(exact), Rows(quantized));
            var error = Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow(a - b, 2)).Average());
            output.WriteLine($"{option}, {compute}: log-probabilities differ by {error:F4} (root mean square)");
            Assert.InRange(error, 1e-6, 0.2);
        }
    }

    private static List<string> Translate(ComputeType compute)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { Compute = compute, ThreadCount = 2 });
        var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { BeamWidth = 1 } });
        return [.. translator.TranslateAll(Source, TestContext.Current.CancellationToken).Select(translation => translation.Text)];
    }

    private static List<string> Signatures(ComputeType compute, int threadCount, int batchSize)
    {
        const int LineCount = 60;
        using var model = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { Compute = compute, ThreadCount = threadCount });
        var translator = new Translator(model, new TranslationOptions { BatchSize = batchSize, Search = new SearchOptions { BeamWidth = 3, HypothesisCount = 2 } });
        return [.. translator.TranslateAll(Source[..LineCount], TestContext.Current.CancellationToken).Select(translation =>
            string.Join('|', translation.Hypotheses.Select(hypothesis => $"{string.Join(' ', hypothesis.Ids)} {hypothesis.Score:R} {string.Join(' ', hypothesis.TokenScores.Select(score => score.ToString("R")))}")))];
    }
}
