using Galvani.Kernels;

namespace Galvani.Cli.Bench;

/// <summary>What a case took.</summary>
/// <param name="Case">The work.</param>
/// <param name="Seconds">The shortest time of the rounds, loading not included.</param>
/// <param name="PeakBytes">The most memory that was resident during the rounds; null where the system does not tell.</param>
internal sealed record BenchResult(BenchCase Case, double Seconds, long? PeakBytes)
{
    /// <summary>Target tokens of the best hypotheses a second.</summary>
    public double TokensPerSecond => Case.TokenCount / Seconds;

    /// <summary>The decoder's and the output's products over the time, as a share of the peak of float32 multiply-adds, in whatever numbers they were computed.</summary>
    public double ShareOfOperations(DecoderWork work, MachinePeaks peaks) => Case.RowCount * work.OperationsPerRow / Seconds / peaks.OperationsPerSecond;

    /// <summary>The weights' bytes, read once a step, over the time, as a share of the peak of reading memory.</summary>
    public double ShareOfReading(DecoderWork work, int bytesPerWeight, MachinePeaks peaks) => (double)Case.StepCount * work.WeightCount * bytesPerWeight / Seconds / peaks.BytesPerSecond;
}
