using Galvani.Kernels;

namespace Galvani.Benchmarks.KernelRuns;

/// <summary>What a decoder does beside products, row by row, in picoseconds an element, one thread, everything in the cache. Arguments: none.</summary>
internal static class KernelRows
{
    private const int TableBytes = 256 << 20;

    private static readonly Random random = new(1);

    /// <summary>Runs it and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        Console.WriteLine($"Machine: {Measure.Machine}. Instruction set: {InstructionSets.CurrentName}. One thread.\n");
        Measure.Row("what", "ps an element", "µs a call");
        Measure.Row("---", "---:", "---:");
        foreach (var width in (int[])[40, 768, 12_000])
            RunSoftMax(rowCount: 12_000 / width, width);
        var (row, best, indices) = (Numbers(12_000), new float[4], new int[4]);
        Print("log-sum-exp of 12000", row.Length, _ => LogSumExp.Of(row));
        Print("the 4 largest of 12000", row.Length, _ => TopK.Select(row, indices, best));
        var (input, output, weight) = (Numbers(32 * 768), new float[32 * 768], Numbers(768));
        Print("layer norm 32x768", input.Length, _ => Norms.Layer(input, weight, weight, epsilon: 1e-6f, output));
        foreach (var function in Enum.GetValues<ElementFunction>().Skip(1))
        {
            Print($"{function} of 24576", input.Length, _ =>
            {
                input.CopyTo(output, 0);
                Elementwise.Apply(function, output);
            });
        }

        foreach (var keyCount in (int[])[10, 40, 200])
        {
            RunAttention(headCount: 8, headWidth: 96, rowCount: 1, keyCount);
            RunAttention(headCount: 8, headWidth: 96, rowCount: 4, keyCount);
        }

        foreach (var keyCount in (int[])[10, 20, 40])
            RunAttentionFromMemory(headCount: 8, headWidth: 96, rowCount: 32, keyCount);
        return 0;
    }

    private static void RunSoftMax(int rowCount, int width)
    {
        var (input, output) = (Numbers(rowCount * width), new float[rowCount * width]);
        Print($"soft-max {rowCount}x{width}", input.Length, _ =>
        {
            input.CopyTo(output, 0);
            SoftMax.Rows(output, width);
        });
        Print($"log-soft-max {rowCount}x{width}", input.Length, _ =>
        {
            input.CopyTo(output, 0);
            SoftMax.LogRows(output, width);
        });
    }

    private static void RunAttention(int headCount, int headWidth, int rowCount, int keyCount)
    {
        var shape = new AttentionShape(headCount, headCount, headWidth);
        var stride = 2 * shape.QueryWidth;
        var (table, query, context) = (Numbers(keyCount * stride), Numbers(rowCount * shape.QueryWidth), new float[rowCount * shape.QueryWidth]);
        var (weights, rows, ranges) = (new float[rowCount * headCount * keyCount], Enumerable.Range(0, keyCount).ToArray(), Enumerable.Repeat(new KeyRange(0, keyCount), rowCount).ToArray());
        var run = new AttentionRun();
        Print($"attention of {headCount}x{headWidth}, {rowCount} rows over the same {keyCount} keys", 2 * rowCount * keyCount * shape.QueryWidth, _ => run.Attend(
            new QueryRows(query, shape.QueryWidth, context), new RowTable(table, stride, firstColumn: 0), new RowTable(table, stride, shape.QueryWidth), new KeyLists(rows, ranges), shape, weights));
    }

    // A batch, each row with keys of its own, in tables that no cache holds together: as in a decoder, where other layers and weights are read in between.
    private static void RunAttentionFromMemory(int headCount, int headWidth, int rowCount, int keyCount)
    {
        var shape = new AttentionShape(headCount, headCount, headWidth);
        var stride = 2 * shape.QueryWidth;
        var tables = Enumerable.Range(0, TableBytes / (rowCount * keyCount * stride * sizeof(float))).Select(_ => Numbers(rowCount * keyCount * stride)).ToArray();
        var (query, context, weights) = (Numbers(rowCount * shape.QueryWidth), new float[rowCount * shape.QueryWidth], new float[rowCount * headCount * keyCount]);
        var (rows, ranges) = (Enumerable.Range(0, rowCount * keyCount).ToArray(), Enumerable.Range(0, rowCount).Select(row => new KeyRange(row * keyCount, keyCount)).ToArray());
        var run = new AttentionRun();
        Print($"attention of {headCount}x{headWidth}, {rowCount} rows, {keyCount} keys each, from memory", 2 * rowCount * keyCount * shape.QueryWidth, call =>
        {
            var table = tables[call % tables.Length];
            run.Attend(new QueryRows(query, shape.QueryWidth, context), new RowTable(table, stride, firstColumn: 0), new RowTable(table, stride, shape.QueryWidth), new KeyLists(rows, ranges), shape, weights);
        });
    }

    private static void Print(string what, int elementCount, Action<int> work)
    {
        var time = Rounds.Shortest(work)[0];
        Measure.Row(what, FormattableString.Invariant($"{time * 1e12 / elementCount:F0}"), FormattableString.Invariant($"{time * 1e6:F2}"));
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
