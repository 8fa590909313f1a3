using System.Diagnostics;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>A line on standard error that tells how far a run is; only where a person is looking and no results are printed beside it, and only when it takes a while.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private readonly RunReport report;
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly Timer? timer;
    private bool isShown;

    public ProgressLine(RunReport report, bool isWanted)
    {
        this.report = report;
        if (isWanted && StandardError.IsTerminal && (Console.IsOutputRedirected || !report.IsPrinted))
            timer = new Timer(_ => Show(), state: null, Delay, Delay);
    }

    public void Dispose()
    {
        timer?.Dispose();
        if (isShown)
            StandardError.Write("\r\u001b[K");
    }

    private void Show()
    {
        isShown = true;
        var rate = report.Lines / watch.Elapsed.TotalSeconds;
        StandardError.Write(FormattableString.Invariant($"\r{Numbers.Count(report.Lines)} lines, {rate:0} lines/s\u001b[K"));
    }
}
