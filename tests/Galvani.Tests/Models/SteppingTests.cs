using Galvani.Models;

namespace Galvani.Tests.Models;

/// <summary>Stepping over the cache: agreement with the whole-sequence pass, independence of neighbours and of reordering, no allocation.</summary>
public sealed class SteppingTests
{
    // Every sum has one order, whichever rows are in the pass.
    private const double Tolerance = 0;

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    /// <summary>Options in which OpenNMT-py itself steps otherwise than it scores (windows, positions behind prompts, relative vectors in prompts).</summary>
    public static TheoryData<string> AgreeingOptions => [.. Repository.GoldenOptions.Where(option => option != "sliding-window" && !option.StartsWith("lm", StringComparison.Ordinal)), "lm-alibi"];

    [Theory]
    [MemberData(nameof(AgreeingOptions))]
    public void Advance_ForcedTarget_GivesTheLogitsOfTheWholePass(string option)
    {
        using var golden = new GoldenModel(option);
        for (var line = 0; line < golden.Sources.Count; line++)
        {
            var encoded = golden.Encode([line], observer: null);
            var (expected, v) = (golden.Decode([line], encoded, observer: null).LogProbabilities(0), golden.Model.Decoder.VocabularyCount);
            var stepper = Start(golden, [line]);
            var logits = new float[v];
            stepper.Begin(logits);
            // A language model's prompt is its start token and two more.
            for (var (t, tokens) = (golden.IsLanguageModel ? PromptLength(golden, line) - 1 : 0, golden.Targets[line]); ; t++)
            {
                NumericAssert.Close(expected.AsSpan(t * v, v), LogSoftMax(logits), Tolerance, $"{option}, line {line}, step {t}");
                if (t + 1 == tokens.Length)
                    break;
                stepper.Advance([0], [tokens[t + 1]], logits);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Advance_RowsOfManyHypotheses_HaveTheBytesOfEachAlone(string option)
    {
        using var golden = new GoldenModel(option);
        var v = golden.Model.Decoder.VocabularyCount;
        // Two sentences, two hypotheses each; the second step swaps them, the third drops sentence 0.
        (int[] Parents, int[] Tokens)[] steps = [([0, 0, 1, 1], [5, 6, 7, 8]), ([1, 0, 3, 3], [9, 1, 10, 11]), ([2, 3], [12, 13])];
        var together = Start(golden, [1, 2]);
        together.Begin(new float[2 * v]);
        var logits = new float[4 * v];
        foreach (var (parents, tokens) in steps)
            together.Advance(parents, tokens, logits.AsSpan(0, parents.Length * v));
        var attention = together.Attention(1).ToArray();
        foreach (var (row, path) in ((int, int[])[])[(0, [8, 10, 12]), (1, [8, 11, 13])])
        {
            var alone = Start(golden, [2]);
            var expected = new float[v];
            alone.Begin(expected);
            foreach (var token in path)
                alone.Advance([0], [token], expected);
            Assert.Equal(expected, logits.AsSpan(row * v, v).ToArray());
            if (row == 1)
                Assert.Equal(alone.Attention(0).ToArray(), attention);
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Advance_AfterWarmUp_AllocatesNothing(string option) => CheckAllocations(option, new NmtModelOptions());

    [Theory]
    [InlineData(ComputeType.Float32, 2)]
    [InlineData(ComputeType.Int8, 1)]
    [InlineData(ComputeType.Int8, 2)]
    [InlineData(ComputeType.Int8Exact, 2)]
    public void Advance_AfterWarmUpIn8BitsAndByThreads_AllocatesNothing(ComputeType compute, int threadCount) =>
        CheckAllocations("base", new NmtModelOptions { Compute = compute, ThreadCount = threadCount });

    private static void CheckAllocations(string option, NmtModelOptions options)
    {
        using var golden = new GoldenModel(option, options);
        var v = golden.Model.Decoder.VocabularyCount;
        using var workspace = golden.Model.CreateWorkspace();
        using var stepper = Start(golden, [0, 1, 2], workspace);
        var logits = new float[6 * v];
        int[] first = [0, 0, 1, 1, 2, 2], same = [0, 1, 2, 3, 4, 5], tokens = [5, 6, 7, 8, 9, 10];
        // The least of several runs: a collection that other tests cause adds what is left of the thread's allocation window.
        var allocated = long.MaxValue;
        for (var run = 0; run < 8; run++)
        {
            stepper.Begin(logits.AsSpan(0, 3 * v));
            var before = GC.GetAllocatedBytesForCurrentThread();
            stepper.Advance(first, tokens, logits);
            for (var step = 0; step < 20; step++)
                stepper.Advance(same, tokens, logits);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void SourceLengthAndMaximumLength_TranslationAndLanguageModel_AreTheirs()
    {
        using var base_ = new GoldenModel("base");
        var stepper = Start(base_, [0, 1]);
        Assert.Equal((2, 64, 96), (stepper.SentenceCount, stepper.VocabularyCount, stepper.MaximumLength));
        Assert.Equal(base_.Sources[1].Length, stepper.SourceLength(1));
        using var lm = new GoldenModel("lm");
        var prompted = Start(lm, [0]);
        Assert.Equal((0, 96 - PromptLength(lm, 0)), (prompted.SourceLength(0), prompted.MaximumLength));
        var logits = new float[prompted.VocabularyCount];
        prompted.Begin(logits);
        Assert.True(prompted.Attention(0).IsEmpty);
        for (var step = 1; step < prompted.MaximumLength; step++)
            prompted.Advance([0], [5], logits);
        Assert.Throws<ArgumentException>(() => prompted.Advance([0], [5], logits));
    }

    private static int PromptLength(GoldenModel golden, int line) => Math.Min(3, golden.Targets[line].Length);

    private static NmtDecoder Start(GoldenModel golden, IReadOnlyList<int> lines) => Start(golden, lines, new Workspace());

    private static NmtDecoder Start(GoldenModel golden, IReadOnlyList<int> lines, Workspace workspace) => golden.IsLanguageModel
        ? NmtDecoder.ForPrompts(golden.Model.Decoder, [.. lines.Select(line => golden.Targets[line][..PromptLength(golden, line)])], workspace)
        : NmtDecoder.ForTranslation(golden.Model.Decoder, golden.Encode(lines, observer: null)!, workspace);

    private static float[] LogSoftMax(float[] logits)
    {
        var copy = (float[])logits.Clone();
        Galvani.Kernels.SoftMax.LogRows(copy, copy.Length);
        return copy;
    }
}
