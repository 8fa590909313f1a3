using System.CommandLine;
using System.Text;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary>The options of commands that read lines, and one run over the lines (docs/guide/pipes.md).</summary>
internal sealed class LineOptions
{
    private const string StandardInput = "/dev/stdin";

    public Argument<string[]> Text { get; } = new("TEXT") { Description = "Lines of text. Without: --source, else standard input.", Arity = ArgumentArity.ZeroOrMore };

    public Option<string?> Source { get; } = new("--source") { Description = "A file of lines.", HelpName = "FILE" };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object a line." };

    public Option<bool> Strict { get; } = new("--strict") { Description = "Broken UTF-8 is an error. Default: it becomes U+FFFD, and standard error counts it." };

    public Option<int?> Threads { get; } = new("--threads") { Description = "Worker threads. Default: the processors this process may use.", HelpName = "N" };

    public Option<string?> Report { get; } = new("--report") { Description = "Write a summary of the run as JSON.", HelpName = "FILE" };

    public IEnumerable<Option> All => [Source, Json, Strict, Threads, Report];

    /// <summary>Runs <paramref name="work"/> over every line and writes the results in order.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="report">Counts.</param>
    /// <param name="interruption">Ends the run.</param>
    /// <param name="work">Called by several threads.</param>
    /// <param name="write">Called in order.</param>
    /// <param name="idle">Called when no more results are ready.</param>
    /// <param name="size">How many lines a thread takes at once.</param>
    public int Run<T>(ParseResult result, RunReport report, Interruption interruption, Func<InputLine, T> work, Action<T> write, Action idle, BatchSize size) =>
        RunBatches(result, report, interruption, batch => Array.ConvertAll(batch, line => work(line)), results => Array.ForEach(results, write), idle, size, ThreadCount(result));

    /// <summary>Runs <paramref name="work"/> over batches of lines and writes the results in order.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="report">Counts.</param>
    /// <param name="interruption">Ends the run.</param>
    /// <param name="work">Called by several threads.</param>
    /// <param name="write">Called in order.</param>
    /// <param name="idle">Called when no more results are ready.</param>
    /// <param name="size">How many lines are worked on together.</param>
    /// <param name="batchesAtOnce">How many batches are worked on side by side.</param>
    public int RunBatches<T>(ParseResult result, RunReport report, Interruption interruption, Func<InputLine[], T> work, Action<T> write, Action idle, BatchSize size, int batchesAtOnce)
    {
        var texts = result.GetValue(Text) ?? [];
        if (texts.Length > 0 && result.GetValue(Source) is not null)
            throw new UsageException("TEXT and --source are both given, expected one of them.");
        if (result.GetValue(Report) is { } reportPath)
            AtomicFile.CheckTarget(reportPath);
        using var progress = new ProgressLine(report, texts.Length == 0);
        using var input = texts.Length > 0 ? null : OpenInput(result.GetValue(Source));
        var reader = input is null ? null : new LineReader(input, result.GetValue(Strict));
        var batches = reader is null ? [Lines(texts)] : Batches(reader);
        LinePipeline<T>.Run(batches, work, write, idle, size, batchesAtOnce, interruption.Token);
        report.SecondFile?.Complete();
        report.WarnOfLines((reader?.BrokenCount ?? 0) + (report.SecondFile?.BrokenCount ?? 0), one: "has broken UTF-8; each broken byte became U+FFFD", several: "have broken UTF-8; each broken byte became U+FFFD");
        report.WarnOfLines(report.LongLines, one: "was longer than the limit", several: "were longer than the limit");
        if (result.GetValue(Report) is { } path)
            report.Write(path);
        return ExitCodes.Done;
    }

    /// <summary>The worker threads that were asked for.</summary>
    public int ThreadCount(ParseResult result) => ThreadCounts.Read(result, Threads);

    private static Stream OpenInput(string? source)
    {
        if (source is null)
        {
            if (StandardHandles.IsInputClosed)
                throw new CommandException("Standard input is closed, expected lines on it; TEXT or --source gives them, too.");
            if (Directory.Exists(StandardInput))
                throw new CommandException("Standard input is a folder, expected a file or a pipe of lines; TEXT or --source gives them, too.");
            if (!Console.IsInputRedirected)
                StandardError.Note("reading lines from the terminal; Ctrl-D ends");
            return Console.OpenStandardInput();
        }

        return InputFile.Open(source);
    }

    private static IEnumerable<List<InputLine>> Batches(LineReader reader)
    {
        while (reader.ReadBatch() is { } batch)
            yield return batch;
    }

    private static List<InputLine> Lines(string[] texts) => [.. texts.Select((text, index) => new InputLine(index + 1, Encoding.UTF8.GetBytes(text)))];
}
