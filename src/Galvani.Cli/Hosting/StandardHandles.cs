using Microsoft.Win32.SafeHandles;

namespace Galvani.Cli.Hosting;

/// <summary>
/// Standard input, output and error that whoever started the program has closed. The system would give their numbers to the next files opened, such as the pipe that the runtime
/// handles signals by: lines would be read from it, for ever. So their places are taken, by a device opened the other way round, which refuses to be read or written.
/// </summary>
internal static class StandardHandles
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;
    private const string Nothing = "/dev/null";

    private static readonly List<SafeFileHandle> Held = []; // to the end of the program

    /// <summary>Whether standard input was closed.</summary>
    public static bool IsInputClosed { get; private set; }

    /// <summary>Whether standard output was closed.</summary>
    public static bool IsOutputClosed { get; private set; }

    /// <summary>Takes the places of those that are closed. To be called before anything is opened.</summary>
    public static void Occupy()
    {
        if (OperatingSystem.IsWindows() || !File.Exists(Nothing))
            return;
        while (true)
        {
            var handle = File.OpenHandle(Nothing, access: FileAccess.Read, share: FileShare.ReadWrite);
            var number = (int)handle.DangerousGetHandle();
            if (number > Error)
            {
                handle.Dispose();
                return;
            }

            IsOutputClosed |= number == Output;
            if (number == Input)
            {
                IsInputClosed = true;
                handle.Dispose();
                handle = File.OpenHandle(Nothing, access: FileAccess.Write, share: FileShare.ReadWrite);
            }

            Held.Add(handle);
        }
    }
}
