using Galvani.Kernels;
using Galvani.Models;

namespace Galvani.Tests.Models;

/// <summary>Options in combinations that no golden file has, drawn by seeds: the whole pass against the double-precision twin, steps over a cache against the whole pass.</summary>
public sealed class CombinedOptionsTests
{
    private const int CombinationCount = 60;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, CombinationCount)];

    public static TheoryData<int> SteppingSeeds => [.. Enumerable.Range(0, CombinationCount).Where(seed => new CombinedModel(seed).StepsAsItScores)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ForwardPass_OptionsInCombination_EqualsTheTwin(int seed)
    {
        using var folder = new TemporaryFolder();
        var combined = new CombinedModel(seed);
        using var model = NmtModel.Open(combined.Write(folder.Root));
        TwinComparison.Check(model, combined.Description);
    }

    [Theory]
    [MemberData(nameof(SteppingSeeds))]
    public void Advance_OptionsInCombination_HasTheBytesOfTheWholePass(int seed)
    {
        using var folder = new TemporaryFolder();
        var combined = new CombinedModel(seed);
        using var model = NmtModel.Open(combined.Write(folder.Root));
        int[] tokens = [2, 11, 12, 7, 13, 5];
        var isTranslation = model.Config.Task == ModelTask.SequenceToSequence;
        var encoded = isTranslation ? model.Encoder.Encode(TwinComparison.Sources(model)[..1], new Workspace(), observer: null) : null;
        var pass = new SequencePass(model.Decoder, encoded, [tokens], SequenceContext.Causal, new Workspace(), observer: null);
        var (expected, v) = (pass.LogProbabilities(0), pass.OutputCount);
        var stepper = isTranslation ? NmtDecoder.ForTranslation(model.Decoder, encoded!, new Workspace()) : NmtDecoder.ForPrompts(model.Decoder, [tokens[..1]], new Workspace());
        var logits = new float[v];
        stepper.Begin(logits);
        for (var t = 0; ; t++)
        {
            var logProbabilities = (float[])logits.Clone();
            if (!model.Config.IsCopyModel) // whose decoder gives log-probabilities already
                SoftMax.LogRows(logProbabilities, v);
            LazyAssert.True(expected.AsSpan(t * v, v).SequenceEqual(logProbabilities), $"{combined.Description}, step {t}");
            if (t + 1 == tokens.Length)
                break;
            stepper.Advance([0], [tokens[t + 1]], logits);
        }
    }
}
