using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>Turns up to sixteen rows of a weight into a panel, in which the sixteen weights of one input component lie side by side.</summary>
internal static unsafe class PanelTransposition
{
    private const int PanelWidth = LaneMath.LaneCount;
    private const int Block = 8;

    /// <summary>Writes a panel.</summary>
    /// <param name="rows">[16, K], or fewer rows: the others count as zeros.</param>
    /// <param name="width">K.</param>
    /// <param name="panel">[K, 16], overwritten.</param>
    public static void Run(ReadOnlySpan<float> rows, int width, Span<float> panel)
    {
        var done = 0;
        if (rows.Length == panel.Length && InstructionSets.Current != InstructionSet.Scalar)
        {
            done = width / Block * Block;
            fixed (float* source = rows, destination = panel)
                Blocks(source, width, done, destination);
        }
        else
            panel.Clear();
        for (var column = 0; column < rows.Length / Math.Max(1, width); column++)
        {
            for (var k = done; k < width; k++)
                panel[k * PanelWidth + column] = rows[column * width + k];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Blocks(float* source, nint width, int count, float* destination)
    {
        for (nint k = 0; k < count; k += Block)
        {
            Transpose(source + k, width, destination + k * PanelWidth);
            Transpose(source + Block * width + k, width, destination + k * PanelWidth + Block);
        }
    }

    // Eight by eight: pairs, then fours, then halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(float* source, nint width, float* destination)
    {
        Vector256<float> row0 = Vector256.Load(source), row1 = Vector256.Load(source + width), row2 = Vector256.Load(source + 2 * width), row3 = Vector256.Load(source + 3 * width);
        Vector256<float> row4 = Vector256.Load(source + 4 * width), row5 = Vector256.Load(source + 5 * width), row6 = Vector256.Load(source + 6 * width), row7 = Vector256.Load(source + 7 * width);
        Vector256<double> pair0 = Avx.UnpackLow(row0, row1).AsDouble(), pair1 = Avx.UnpackHigh(row0, row1).AsDouble();
        Vector256<double> pair2 = Avx.UnpackLow(row2, row3).AsDouble(), pair3 = Avx.UnpackHigh(row2, row3).AsDouble();
        Vector256<double> pair4 = Avx.UnpackLow(row4, row5).AsDouble(), pair5 = Avx.UnpackHigh(row4, row5).AsDouble();
        Vector256<double> pair6 = Avx.UnpackLow(row6, row7).AsDouble(), pair7 = Avx.UnpackHigh(row6, row7).AsDouble();
        Store(Avx.UnpackLow(pair0, pair2).AsSingle(), Avx.UnpackLow(pair4, pair6).AsSingle(), destination);
        Store(Avx.UnpackHigh(pair0, pair2).AsSingle(), Avx.UnpackHigh(pair4, pair6).AsSingle(), destination + PanelWidth);
        Store(Avx.UnpackLow(pair1, pair3).AsSingle(), Avx.UnpackLow(pair5, pair7).AsSingle(), destination + 2 * PanelWidth);
        Store(Avx.UnpackHigh(pair1, pair3).AsSingle(), Avx.UnpackHigh(pair5, pair7).AsSingle(), destination + 3 * PanelWidth);
    }

    // The low halves are column k, the high ones column k + 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> left, Vector256<float> right, float* destination)
    {
        Avx.Permute2x128(left, right, 0x20).Store(destination);
        Avx.Permute2x128(left, right, 0x31).Store(destination + 4 * PanelWidth);
    }
}
