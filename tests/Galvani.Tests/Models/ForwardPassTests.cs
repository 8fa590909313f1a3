namespace Galvani.Tests.Models;

/// <summary>
/// The forward pass against OpenNMT-py 3.5.1 (tests/Golden): every option, every line alone and among all others. The allowance is recorded with the golden data (<see cref="GoldenErrors"/>).
/// </summary>
public sealed class ForwardPassTests
{
    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Theory]
    [MemberData(nameof(Options))]
    public void Encode_EveryLine_EqualsOpenNmt(string option)
    {
        using var golden = new GoldenModel(option);
        if (golden.IsLanguageModel)
        {
            Assert.Throws<ArgumentException>(() => golden.Model.Encoder);
            return;
        }

        for (var line = 0; line < golden.Sources.Count; line++)
        {
            var seen = new KeepEverything();
            var encoded = golden.Encode([line], seen)!;
            GoldenErrors.Check(option, "embedded", golden.Expected(line, "embedded"), seen.EmbeddedStates, $"line {line}, embedded");
            for (var layer = 0; layer < golden.Model.Config.EncoderLayerCount; layer++)
                GoldenErrors.Check(option, "layer", golden.Expected(line, $"layer.{layer}"), seen.Layers[layer], $"line {line}, layer {layer}");
            GoldenErrors.Check(option, "encoded", golden.Expected(line, "encoded"), encoded.States, $"line {line}, encoded");
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void LogProbabilities_EveryLine_EqualOpenNmt(string option)
    {
        using var golden = new GoldenModel(option);
        for (var line = 0; line < golden.Sources.Count; line++)
        {
            var seen = new KeepEverything();
            var pass = golden.Decode([line], golden.Encode([line], observer: null), seen);
            GoldenErrors.Check(option, "log_probs", golden.Expected(line, "log_probs"), pass.LogProbabilities(0), $"line {line}, log-probabilities");
            if (golden.IsLanguageModel)
            {
                for (var layer = 0; layer < golden.Model.Config.DecoderLayerCount; layer++)
                    GoldenErrors.Check(option, "layer", golden.Expected(line, $"layer.{layer}"), seen.Layers[layer], $"line {line}, layer {layer}");
                continue;
            }

            var (last, length) = (golden.Model.Config.DecoderLayerCount - 1, golden.Sources[line].Length);
            float[] attention = [.. Enumerable.Range(0, pass.Length(0)).SelectMany(row => seen.Cross[(last, row)][..length])]; // [T, S]
            GoldenErrors.Check(option, "attention", golden.Expected(line, "attention"), attention, $"line {line}, attention");
            var score = pass.LogProbabilitiesOf(0, golden.Ids(line, "target_out")).Sum(logProbability => (double)logProbability);
            GoldenErrors.Check(option, "gold_score", golden.Expected(line, "gold_score"), [(float)score], $"line {line}, gold score");
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void MixedBatch_EveryLine_HasTheBytesOfTheLineAlone(string option)
    {
        using var golden = new GoldenModel(option);
        int[] all = [.. Enumerable.Range(0, golden.Sources.Count)];
        foreach (var batch in (int[][])[all, [.. all.Reverse()], [3, 0, 3, 7]])
        {
            var seen = new KeepEverything();
            var encoded = golden.Encode(batch, observer: null);
            var pass = golden.Decode(batch, encoded, seen);
            var firstRow = 0;
            for (var b = 0; b < batch.Length; b++)
            {
                var alone = new KeepEverything();
                var encodedAlone = golden.Encode([batch[b]], observer: null);
                var passAlone = golden.Decode([batch[b]], encodedAlone, alone);
                if (encoded is not null)
                {
                    var d = golden.Model.Config.ModelWidth;
                    Assert.Equal(encodedAlone!.States.ToArray(), encoded.States.Slice(encoded.Start(b) * d, encoded.Length(b) * d).ToArray());
                }

                Assert.Equal(passAlone.LogProbabilities(0), pass.LogProbabilities(b));
                foreach (var ((layer, row), weights) in alone.Self)
                    Assert.Equal(weights, seen.Self[(layer, firstRow + row)]);
                foreach (var ((layer, row), weights) in alone.Cross)
                    Assert.Equal(weights, seen.Cross[(layer, firstRow + row)]);
                firstRow += passAlone.Length(0);
            }
        }
    }
}
