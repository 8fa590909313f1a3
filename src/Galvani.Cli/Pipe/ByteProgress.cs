using System.Diagnostics;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>A line on standard error that tells how far a write is; only where a person is looking, and only when it takes a while.</summary>
internal sealed class ByteProgress(string verb) : IProgress<TransferProgress>, IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private TimeSpan next = Delay;
    private bool isShown;

    public void Report(TransferProgress value)
    {
        if (!StandardError.IsTerminal || watch.Elapsed < next)
            return;
        next = watch.Elapsed + Interval;
        isShown = true;
        var share = value.TotalBytes == 0 ? 100 : 100 * value.DoneBytes / value.TotalBytes;
        StandardError.Write(FormattableString.Invariant($"\r{verb}: {share} % of {Numbers.Bytes(value.TotalBytes)}\u001b[K"));
    }

    public void Dispose()
    {
        if (isShown)
            StandardError.Write("\r\u001b[K");
    }
}
