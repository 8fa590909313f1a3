namespace Galvani.Cli.Hosting;

/// <summary>The exit codes of every command.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int TryAgain = 75;
    public const int Interrupted = 130;
    public const int ReaderGone = 141;
    public const int Terminated = 143;
}
