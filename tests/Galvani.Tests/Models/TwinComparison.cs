using Galvani.Models;

namespace Galvani.Tests.Models;

/// <summary>A model's whole pass over three lines in one batch, against its double-precision twin, which takes them one by one.</summary>
internal static class TwinComparison
{
    // Relative to the largest value. Seen at most 7.8E-006 (AVX2 and FMA); four times that, as other instruction sets round elsewhere.
    private const double Tolerance = 3e-5;

    private static readonly string[] Lines = ["▁a5 ▁a61 ▁a7 ▁a5 ▁a9 ▁a20 ▁a21 ▁a3", "▁a8", "▁a30 ▁zzz ▁a61"];
    private static readonly int[][] Targets = [[2, 11, 12, 1, 13, 14, 15, 16, 17], [2, 5], [2, 0, 30, 31, 1]]; // 1 is the padding token, which is not seen

    /// <summary>The lines as sentences of a model; each word has features where the model takes some.</summary>
    public static List<Sentence> Sources(NmtModel model) =>
        [.. Lines.Select(line => model.ToSentence(model.TakePieces(WithFeatures(line, model.Config.FeatureCount))))];

    /// <summary>Asserts that states and log-probabilities are the twin's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">What it is, for failures.</param>
    public static void Check(NmtModel model, string name)
    {
        var twin = new TwinModel(model.Checkpoint, model.Config);
        var (isTranslation, d) = (model.Config.Task == ModelTask.SequenceToSequence, model.Config.ModelWidth);
        var sources = Sources(model);
        var encoded = isTranslation ? model.Encoder.Encode(sources, new Workspace(), observer: null) : null;
        var pass = new SequencePass(model.Decoder, encoded, Targets, SequenceContext.Causal, new Workspace(), observer: null);
        for (var i = 0; i < Lines.Length; i++)
        {
            var expected = isTranslation ? twin.Encode(sources[i]) : null;
            if (expected is not null)
                NumericAssert.CloseToLargest(Flat(expected), encoded!.States.Slice(encoded.Start(i) * d, encoded.Length(i) * d), Tolerance, $"{name}, encoded");
            var rows = twin.LogProbabilities(expected, Targets[i], Lines[i].Split(' '));
            // Another sentence of the batch may add more copied words: those columns have no probability here.
            var padded = rows.Select(row => row.Concat(Enumerable.Repeat(double.NegativeInfinity, pass.OutputCount - row.Length)).ToArray()).ToArray();
            CloseWhereFinite(Flat(padded), pass.LogProbabilities(i), $"{name}, log-probabilities of line {i}");
        }
    }

    /// <summary>Rows one after the other.</summary>
    public static float[] Flat(double[][] rows) => [.. rows.SelectMany(row => row).Select(value => (float)value)];

    private static string WithFeatures(string line, int featureCount) =>
        featureCount == 0 ? line : string.Join(' ', line.Split(' ').Select((piece, i) => piece + string.Concat(Enumerable.Range(0, featureCount).Select(_ => $"￨f{i % 3}"))));

    private static void CloseWhereFinite(float[] expected, float[] actual, string what)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(float.IsNegativeInfinity(expected[i]), float.IsNegativeInfinity(actual[i]));
            if (float.IsNegativeInfinity(expected[i]))
                expected[i] = actual[i] = 0;
        }

        NumericAssert.CloseToLargest(expected, actual, Tolerance, what);
    }
}
