using Galvani.Text;

namespace Galvani.Benchmarks;

/// <summary>
/// The time to open a SentencePiece model: the first of this process (with just-in-time compilation, unless this is a native
/// build), and the median of many. Arguments: [model file = the sample's].
/// </summary>
internal static class TokenizerLoad
{
    private const int Repetitions = 51;

    /// <summary>Runs it and prints one line.</summary>
    public static int Run(string[] arguments)
    {
        var path = arguments.Length > 0 ? arguments[0] : Path.Combine(Measure.RepositoryRoot, "samples", "ru-en", "sentencepiece.model");
        var pieceCount = 0;
        var first = Measure.Time(() => pieceCount = SentencePieceModel.Load(path).PieceCount);
        var later = Measure.Median(Enumerable.Range(0, Repetitions).Select(_ => Measure.Time(() => SentencePieceModel.Load(path))).ToArray());
        Console.WriteLine(FormattableString.Invariant(
            $"{pieceCount} pieces: first {first.TotalMilliseconds:F2} ms, median of {Repetitions} more {later.TotalMilliseconds:F2} ms ({Measure.Machine})"));
        return 0;
    }
}
