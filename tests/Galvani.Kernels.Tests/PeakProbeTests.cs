namespace Galvani.Kernels.Tests;

/// <summary>The probes do the work that they say.</summary>
public sealed class PeakProbeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void MultiplyAdds_Steps_EqualsTheRecurrence(int steps)
    {
        var value = 0.25;
        for (var step = 0; step < steps; step++)
            value = value * 0.75 + 0.25;
        Assert.Equal(value * PeakProbe.OperationsPerStep / 2, PeakProbe.MultiplyAdds(steps), tolerance: 1e-4);
    }

    [Fact]
    public void ReadAll_EveryLength_SumsEachNumberOnce()
    {
        var numbers = Enumerable.Range(1, 257).Select(number => (float)number).ToArray();
        for (var length = 0; length <= numbers.Length; length++)
            Assert.Equal(length * (length + 1) / 2f, PeakProbe.ReadAll(numbers.AsSpan(0, length)));
    }

    [Fact]
    public void Measure_TwoThreads_GivesPositivePeaks()
    {
        var peaks = MachinePeaks.Measure(threadCount: 2);
        Assert.Equal(2, peaks.ThreadCount);
        Assert.InRange(peaks.OperationsPerSecond, 1e8, 1e14);
        Assert.InRange(peaks.BytesPerSecond, 1e8, 1e13);
    }
}
