using Galvani.Checkpoints;
using Galvani.Cli.Commands;
using Galvani.Cli.Output;
using Galvani.Models;
using Galvani.Text;

namespace Galvani.Cli.Hosting;

/// <summary>From an exception to an exit code and one clear line.</summary>
internal static class Failure
{
    private const int NoSpace = 28;
    private const int BrokenPipe = 32;
    private const int QuotaExceeded = 122;

    /// <summary>Reports an exception on standard error.</summary>
    /// <param name="exception">What ended the work.</param>
    /// <param name="interruption">Tells the exit code of an interrupted program; null before signals are watched.</param>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, Interruption? interruption)
    {
        switch (exception)
        {
            case AggregateException { InnerException: { } inner }:
                return Report(inner, interruption);
            case OperationCanceledException:
                return interruption?.ExitCode ?? ExitCodes.Interrupted;
            case UsageException:
                return Say(exception.Message, ExitCodes.WrongUsage);
            case OutOfMemoryException:
                return Say("There is not enough memory.", ExitCodes.TryAgain);
            case IOException when exception.HResult == BrokenPipe:
                return ExitCodes.ReaderGone;
            case IOException when exception.HResult is NoSpace or QuotaExceeded:
                return Say($"There is no space left: {exception.Message}", ExitCodes.TryAgain);
            case FileNotFoundException { FileName: { Length: > 0 } path }:
                return Say(Directory.Exists(path) ? $"{path} is a folder, expected a file." : $"There is no file {path}.", ExitCodes.Failed);
            case CommandException or CheckpointFormatException or UnsupportedCheckpointException or WeightMismatchException or TokenizerFormatException:
                return Say(exception.Message + LimitOption.Hint(exception.Message), ExitCodes.Failed);
            case ArgumentException argument:
                return Say(WithoutParameter(argument), ExitCodes.Failed);
            case IOException or InvalidDataException or ArithmeticException or UnauthorizedAccessException or NotSupportedException:
                return Say(exception.Message, ExitCodes.Failed);
            default:
                return Say($"internal error, please report it: {exception.GetType().Name}: {exception.Message}", ExitCodes.Failed);
        }
    }

    /// <summary>The message without the name of a parameter of the library, which means nothing to the person at the command line.</summary>
    public static string WithoutParameter(ArgumentException exception)
    {
        var suffix = $" (Parameter '{exception.ParamName}')";
        return exception.Message.EndsWith(suffix, StringComparison.Ordinal) ? exception.Message[..^suffix.Length] : exception.Message;
    }

    private static int Say(string message, int exitCode)
    {
        var line = string.Join(' ', OptionNames.InPlaceOfMembers(message).Split('\n', '\r').Select(part => part.Trim()).Where(part => part.Length > 0));
        StandardError.WriteLine($"galvani: {PlainText.Visible(line)}");
        return exitCode;
    }
}
