using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>What this machine can do at most, measured on the calling thread: what a kernel's speed is a share of.</summary>
public static unsafe class MachineProbe
{
    private const int FlopsPerStep = 8 * LaneMath.LaneCount * 2;

    /// <summary>The single-precision multiply-adds of registers alone, with the instruction set in use.</summary>
    /// <param name="duration">How long to measure.</param>
    /// <returns>Floating-point operations a second (two each), of the best of several short runs.</returns>
    public static double MultiplyAddRate(TimeSpan duration) => Best(duration, FlopsPerStep * 20_000L, () => InstructionSets.Current switch
    {
        InstructionSet.Avx512 => MultiplyAdd<Lanes512>(20_000),
        InstructionSet.Avx2 => MultiplyAdd<Lanes256>(20_000),
        _ => MultiplyAdd<ScalarLanes>(20_000),
    });

    /// <summary>Reading memory from one end to the other.</summary>
    /// <param name="memory">Larger than the caches, to measure the memory behind them; at least 1 KiB.</param>
    /// <param name="duration">How long to measure.</param>
    /// <returns>Bytes a second, of the best pass.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The memory is smaller than 1 KiB.</exception>
    public static double ReadRate(float[] memory, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(memory.Length, 256, nameof(memory));
        return Best(duration, memory.Length * (long)sizeof(float), () => InstructionSets.Current switch
        {
            InstructionSet.Avx512 => Read<Lanes512>(memory),
            InstructionSet.Avx2 => Read<Lanes256>(memory),
            _ => Read<ScalarLanes>(memory),
        });
    }

    private static double Best(TimeSpan duration, long work, Func<float> run)
    {
        var (best, total) = (TimeSpan.MaxValue, Stopwatch.StartNew());
        do
        {
            var clock = Stopwatch.GetTimestamp();
            GC.KeepAlive(run());
            var elapsed = Stopwatch.GetElapsedTime(clock);
            best = elapsed < best ? elapsed : best;
        }
        while (total.Elapsed < duration);
        return work / best.TotalSeconds;
    }

    // Eight sums of sixteen lanes hide the latency of a multiply-add on every processor met so far.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float MultiplyAdd<TLanes>(int steps)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        var (x, y) = (TLanes.Create(1e-9f), TLanes.Create(0.5f));
        for (var i = 0; i < steps; i++)
        {
            a = TLanes.MultiplyAdd(x, y, a);
            b = TLanes.MultiplyAdd(x, y, b);
            c = TLanes.MultiplyAdd(x, y, c);
            d = TLanes.MultiplyAdd(x, y, d);
            e = TLanes.MultiplyAdd(x, y, e);
            f = TLanes.MultiplyAdd(x, y, f);
            g = TLanes.MultiplyAdd(x, y, g);
            h = TLanes.MultiplyAdd(x, y, h);
        }

        return First(a + b + (c + d) + (e + f + (g + h)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Read<TLanes>(float[] memory)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes a = default, b = default, c = default, d = default;
        fixed (float* start = &MemoryMarshal.GetArrayDataReference(memory))
        {
            for (nint i = 0; i <= memory.Length - 4 * LaneMath.LaneCount; i += 4 * LaneMath.LaneCount)
            {
                a += TLanes.Load(start + i);
                b += TLanes.Load(start + i + LaneMath.LaneCount);
                c += TLanes.Load(start + i + 2 * LaneMath.LaneCount);
                d += TLanes.Load(start + i + 3 * LaneMath.LaneCount);
            }
        }

        return First(a + b + (c + d));
    }

    private static float First<TLanes>(TLanes lanes)
        where TLanes : unmanaged, ILanes<TLanes> => *(float*)&lanes;
}
