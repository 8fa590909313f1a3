using Galvani.Text;

namespace Galvani.Benchmarks;

/// <summary>
/// Static sentence vectors in memory: lines of text to ids, ids to vectors, and both at once on several threads, into one block of rows. Nothing is read or written meanwhile; the peer is
/// <c>embed_python.py</c> without its import, loading and saving.
/// Arguments: checkpoint, file of lines, [threads = 2], [repetitions = 7].
/// </summary>
internal static class EmbedThroughput
{
    private const int BatchLines = 64;

    /// <summary>Runs it and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        var threads = arguments.Length > 2 ? int.Parse(arguments[2], System.Globalization.CultureInfo.InvariantCulture) : 2;
        var repetitions = arguments.Length > 3 ? int.Parse(arguments[3], System.Globalization.CultureInfo.InvariantCulture) : 7;
        using var model = NmtModel.Open(arguments[0]);
        var encoder = new SentenceEncoder(model);
        byte[][] lines = [.. File.ReadLines(arguments[1]).Select(System.Text.Encoding.UTF8.GetBytes)];
        var ids = new int[lines.Length][];
        var vectors = new float[lines.Length * (long)encoder.Width];
        var workspace = new SentencePieceWorkspace();

        Console.WriteLine($"Machine: {Measure.Machine}. {lines.Length} lines, width {encoder.Width}. Medians of {repetitions}.\n");
        Measure.Row("work", "threads", "wall, ms", "processors, ms", "least of processors, ms");
        Measure.Row("---", "---:", "---:", "---:", "---:");
        Print("lines to ids", threads: 1, repetitions, () => Tokenize(model, lines, workspace, ids));
        Print("ids to vectors", threads: 1, repetitions, () => Pool(encoder, ids, vectors));
        Print("lines to vectors", threads, repetitions, () => Embed(encoder, lines, vectors, threads));
        return 0;
    }

    private static void Print(string name, int threads, int repetitions, Action work)
    {
        work();
        var (wall, processors) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < repetitions; i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            wall.Add(Measure.Time(work));
            processors.Add(Environment.CpuUsage.TotalTime - before);
        }

        Measure.Row(name, threads, Milliseconds(Measure.Median(wall)), Milliseconds(Measure.Median(processors)), Milliseconds(processors.Min()));
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("F1", System.Globalization.CultureInfo.InvariantCulture);

    private static void Tokenize(NmtModel model, byte[][] lines, SentencePieceWorkspace workspace, int[][] ids)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var line = model.TokenizeToIds(lines[i], workspace);
            if (ids[i] is null)
                ids[i] = line.ToArray();
        }
    }

    private static void Pool(SentenceEncoder encoder, int[][] ids, float[] vectors)
    {
        for (var i = 0; i < ids.Length; i++)
            encoder.Encode(ids[i], vectors.AsSpan(i * encoder.Width, encoder.Width));
    }

    private static void Embed(SentenceEncoder encoder, byte[][] lines, float[] vectors, int threads)
    {
        var next = 0;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Work))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());

        void Work()
        {
            var workspace = new SentencePieceWorkspace();
            for (var first = Interlocked.Add(ref next, BatchLines) - BatchLines; first < lines.Length; first = Interlocked.Add(ref next, BatchLines) - BatchLines)
            {
                for (var i = first; i < Math.Min(first + BatchLines, lines.Length); i++)
                    encoder.Encode(encoder.Model.TokenizeToIds(lines[i], workspace), vectors.AsSpan(i * encoder.Width, encoder.Width));
            }
        }
    }
}
