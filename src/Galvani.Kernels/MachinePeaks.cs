using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>The peaks of a machine as measured just now; another program on it lowers them.</summary>
/// <param name="ThreadCount">The threads that worked at once.</param>
/// <param name="OperationsPerSecond">float32 operations in fused multiply-adds, all threads together.</param>
/// <param name="BytesPerSecond">Bytes read from memory, all threads together.</param>
public sealed record MachinePeaks(int ThreadCount, double OperationsPerSecond, double BytesPerSecond)
{
    private const int Repetitions = 7;
    private const int BufferNumbers = 64 << 20; // 256 MB, beyond every last-level cache but the largest servers'

    // About 50 ms; such a step takes a few hundred times as long where the processor multiplies and adds no vectors.
    private static int StepCount => Vector256.IsHardwareAccelerated ? 20_000_000 : 200_000;

    /// <summary>Measures both peaks, best of several tries; takes about a second, a few on a processor without AVX2, and 256 MB.</summary>
    /// <param name="threadCount">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no thread.</exception>
    public static MachinePeaks Measure(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threadCount);
        var buffer = new float[BufferNumbers];
        Array.Fill(buffer, 1); // every page present
        var part = BufferNumbers / threadCount;
        var stepCount = StepCount;
        var multiplyAdds = Best(threadCount, _ => PeakProbe.MultiplyAdds(stepCount));
        var reading = Best(threadCount, thread => PeakProbe.ReadAll(buffer.AsSpan(thread * part, part)));
        return new MachinePeaks(
            threadCount,
            (double)threadCount * stepCount * PeakProbe.OperationsPerStep / multiplyAdds.TotalSeconds,
            (double)threadCount * part * sizeof(float) / reading.TotalSeconds);
    }

    /// <summary>The shortest time in which all threads have done the work once, started together.</summary>
    private static TimeSpan Best(int threadCount, Func<int, float> work)
    {
        var best = TimeSpan.MaxValue;
        var clock = new Stopwatch();
        using var start = new Barrier(threadCount, _ => clock.Restart());
        using var end = new Barrier(threadCount, _ => best = clock.Elapsed < best ? clock.Elapsed : best);
        var threads = Enumerable.Range(0, threadCount).Select(number => new Thread(() => Repeat(number, work, start, end))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return best;
    }

    private static void Repeat(int number, Func<int, float> work, Barrier start, Barrier end)
    {
        var sum = 0f;
        for (var i = 0; i < Repetitions; i++)
        {
            start.SignalAndWait();
            sum += work(number);
            end.SignalAndWait();
        }

        GC.KeepAlive(sum);
    }
}
