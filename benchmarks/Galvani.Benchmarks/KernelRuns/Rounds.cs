using System.Diagnostics;
using Galvani.Kernels;

namespace Galvani.Benchmarks.KernelRuns;

/// <summary>
/// Times several pieces of work against one another on a machine that others use too: all take turns in short slices, and each counts with its shortest slice. The peak of
/// multiply-adds takes its turn among them.
/// </summary>
internal static class Rounds
{
    private const int RoundCount = 40;
    private const int PeakSteps = 100_000;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(3);

    /// <summary>The shortest time of one call of each, in seconds (a time span would be rounded to 100 ns).</summary>
    /// <param name="works">Each gets a number that counts its calls.</param>
    public static double[] Shortest(params Action<int>[] works)
    {
        var callCounts = works.Select(CallsOfASlice).ToArray();
        var shortest = Enumerable.Repeat(double.MaxValue, works.Length).ToArray();
        for (var round = 0; round < RoundCount; round++)
        {
            for (var i = 0; i < works.Length; i++)
            {
                var clock = Stopwatch.GetTimestamp();
                for (var call = 0; call < callCounts[i]; call++)
                    works[i](round * callCounts[i] + call);
                var elapsed = Stopwatch.GetElapsedTime(clock).TotalSeconds / callCounts[i];
                shortest[i] = Math.Min(elapsed, shortest[i]);
            }
        }

        return shortest;
    }

    /// <summary>Multiply-adds of registers alone: one call.</summary>
    public static void Peak(int call) => GC.KeepAlive(PeakProbe.MultiplyAdds(PeakSteps));

    /// <summary>The floating-point operations of a call of <see cref="Peak"/>.</summary>
    public static double PeakOperations => (double)PeakSteps * PeakProbe.OperationsPerStep;

    private static int CallsOfASlice(Action<int> work)
    {
        // Long enough for the compiler's last tier.
        var (calls, clock) = (0, Stopwatch.StartNew());
        while (clock.ElapsedMilliseconds < 300)
            work(calls++);
        return Math.Max(1, (int)(calls * (Slice / clock.Elapsed)));
    }
}
