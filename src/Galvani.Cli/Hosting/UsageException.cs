namespace Galvani.Cli.Hosting;

/// <summary>Wrong usage: one line for standard error, exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The work failed in a way that a command itself reports: one line for standard error, exit code 1.</summary>
internal sealed class CommandException(string message) : Exception(message);
