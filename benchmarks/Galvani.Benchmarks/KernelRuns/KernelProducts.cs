using System.Globalization;
using Galvani.Kernels;

namespace Galvani.Benchmarks.KernelRuns;

/// <summary>
/// Products in each format, weights streamed from memory (as many copies take turns as no cache holds) or in the cache, in GFLOP/s and as shares of the peak of
/// single-precision multiply-adds. Arguments: [memory | cache] [threads = 1] [shapes RxNxK, comma-separated].
/// </summary>
internal static class KernelProducts
{
    private const long StreamedBytes = 200_000_000;
    private const string Shapes = "1x768x768,2x768x768,4x768x768,6x768x768,32x768x768,32x3072x768,32x768x3072,640x768x768,640x1536x768,1x12000x768,32x12000x768";
    private static readonly ProductFormat[] formats = [ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact, ProductFormat.Int8Quads];

    /// <summary>Runs it and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        var streams = arguments is not ["cache", ..];
        var threadCount = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 1;
        using var pool = new WorkerPool(threadCount);
        Console.WriteLine($"Machine: {Measure.Machine}. Instruction set: {InstructionSets.CurrentName}, products {InstructionSets.ProductsName}. Threads: {threadCount}. Weights from {(streams ? "memory" : "the cache")}. GFLOP/s (share of the peak).\n");
        Measure.Row(["R x N x K", "peak of one thread", .. formats.Select(format => format.ToString())]);
        Measure.Row("---", "---:", "---:", "---:", "---:", "---:");
        foreach (var shape in (arguments.Length > 2 ? arguments[2] : Shapes).Split(','))
        {
            var numbers = shape.Split('x').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            RunShape(numbers[0], numbers[1], numbers[2], streams, new ProductWorkspace(pool));
        }

        return 0;
    }

    private static void RunShape(int rowCount, int outputWidth, int inputWidth, bool streams, ProductWorkspace workspace)
    {
        var random = new Random(1);
        var (input, weight, bias) = (Numbers(random, rowCount * inputWidth), Numbers(random, outputWidth * inputWidth), Numbers(random, outputWidth));
        var output = new float[rowCount * outputWidth];
        var works = new List<Action<int>> { Rounds.Peak };
        foreach (var format in formats)
        {
            var bytes = (long)outputWidth * inputWidth * (format == ProductFormat.Single ? sizeof(float) : sizeof(byte));
            var copies = Enumerable.Range(0, streams ? (int)Math.Max(1, StreamedBytes / bytes) : 1).Select(_ => ProductWeight.Pack(weight, outputWidth, inputWidth, format)).ToArray();
            works.Add(call => MatMul.Multiply(input, copies[call % copies.Length], new Epilogue { Bias = bias }, output, workspace));
        }

        var times = Rounds.Shortest([.. works]);
        var (peak, operations) = (Rounds.PeakOperations / times[0], 2.0 * rowCount * outputWidth * inputWidth);
        Measure.Row([$"{rowCount}x{outputWidth}x{inputWidth}", $"{peak / 1e9:F1}", .. times[1..].Select(time => $"{operations / time / 1e9:F1} ({100 * operations / time / peak:F0} %)")]);
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
