using System.Diagnostics;
using System.Globalization;
using Galvani.Text;

namespace Galvani.Benchmarks;

/// <summary>
/// Static sentence vectors in memory: lines of text to ids, ids to vectors, and both at once on several threads, into one block of rows. Nothing is read or written meanwhile; the peer is
/// <c>embed_python.py</c> without its import, loading and saving, on as many threads, run between runs of ours.
/// Arguments: checkpoint with sentencepiece.model beside it, file of lines, [threads = 2], [repetitions = 7].
/// </summary>
internal static class EmbedThroughput
{
    private const int BatchLines = 64;
    private const string Python = "/usr/bin/python3";

    /// <summary>Runs it and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        var threads = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 2;
        var repetitions = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : 7;
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
        PrintAgainstPython(arguments, threads, repetitions, () => Embed(encoder, lines, vectors, threads));
        return 0;
    }

    private static void Print(string name, int threads, int repetitions, Action work)
    {
        work();
        var runs = Enumerable.Range(0, repetitions).Select(_ => Run(work)).ToList();
        Row(name, threads, runs);
    }

    private static void PrintAgainstPython(string[] arguments, int threads, int repetitions, Action work)
    {
        work();
        var (ours, peer) = (new List<(TimeSpan Wall, TimeSpan Processors)>(), new List<(TimeSpan Wall, TimeSpan Processors)>());
        for (var i = 0; i < repetitions; i++)
        {
            ours.Add(Run(work));
            if (File.Exists(Python))
                peer.Add(RunPython(arguments, threads));
        }

        Row("lines to vectors", threads, ours);
        if (peer.Count == 0)
            return;
        Row("lines to vectors, Python", threads, peer);
        var ratios = ours.Zip(peer, (own, other) => (Wall: other.Wall / own.Wall, Processors: other.Processors / own.Processors)).ToList();
        Measure.Row("ratio, median of pairs", threads, $"{Median(ratios.Select(ratio => ratio.Wall)):F1}", $"{Median(ratios.Select(ratio => ratio.Processors)):F1}", "");
    }

    private static (TimeSpan Wall, TimeSpan Processors) Run(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        var wall = Measure.Time(work);
        return (wall, Environment.CpuUsage.TotalTime - before);
    }

    /// <summary>The peer's own account of its work after loading, nothing saved.</summary>
    private static (TimeSpan Wall, TimeSpan Processors) RunPython(string[] arguments, int threads)
    {
        var tokenizer = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(arguments[0]))!, "sentencepiece.model");
        var script = Path.Combine(Measure.RepositoryRoot, "benchmarks", "peers", "embed_python.py");
        var start = new ProcessStartInfo(Python, [script, arguments[0], tokenizer, arguments[1], "-", threads.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var parts = process.StandardError.ReadToEnd().Split('\n').Select(line => line.Split(' ')).Where(words => words.Length == 2).ToDictionary(words => words[0], words => words[1]);
        process.WaitForExit();
        return process.ExitCode == 0
            ? (Seconds(parts["work"]), Seconds(parts["work_processor"]))
            : throw new InvalidOperationException($"{script} ended with exit code {process.ExitCode}.");
    }

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static void Row(string name, int threads, List<(TimeSpan Wall, TimeSpan Processors)> runs) => Measure.Row(
        name, threads, Milliseconds(Measure.Median(runs.Select(run => run.Wall))), Milliseconds(Measure.Median(runs.Select(run => run.Processors))), Milliseconds(runs.Min(run => run.Processors)));

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture);

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
