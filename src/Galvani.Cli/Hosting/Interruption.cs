using System.Runtime.InteropServices;

namespace Galvani.Cli.Hosting;

/// <summary>SIGINT and SIGTERM as a cancellation token and the exit code that they ask for. The first lets the work end in order, the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;

    public Interruption()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, ExitCodes.Interrupted));
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, ExitCodes.Terminated));
    }

    public CancellationToken Token => source.Token;

    /// <summary>The exit code of an interrupted program.</summary>
    public int ExitCode { get; private set; } = ExitCodes.Interrupted;

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void Cancel(PosixSignalContext context, int exitCode)
    {
        if (source.IsCancellationRequested)
            return; // what the system does with the signal: the process ends
        context.Cancel = true;
        ExitCode = exitCode;
        source.Cancel();
    }
}
