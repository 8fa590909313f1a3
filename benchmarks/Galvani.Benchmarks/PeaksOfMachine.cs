using System.Globalization;
using Galvani.Kernels;

namespace Galvani.Benchmarks;

/// <summary>The peaks that speeds are given as shares of: fused multiply-adds and reading memory, on one thread and on all. Arguments: none.</summary>
internal static class PeaksOfMachine
{
    /// <summary>Measures and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        Console.WriteLine($"Machine: {Measure.Machine}. Instruction set: {InstructionSets.CurrentName}, products {InstructionSets.ProductsName}. Best of 7.\n");
        Measure.Row("threads", "multiply-adds, GFLOP/s", "memory read, GB/s");
        Measure.Row("---", "---:", "---:");
        foreach (var threadCount in (int[])[.. new[] { 1, Environment.ProcessorCount }.Distinct()])
        {
            var peaks = MachinePeaks.Measure(threadCount);
            Measure.Row(threadCount, (peaks.OperationsPerSecond / 1e9).ToString("F1", CultureInfo.InvariantCulture), (peaks.BytesPerSecond / 1e9).ToString("F1", CultureInfo.InvariantCulture));
        }

        return 0;
    }
}
