using System.CommandLine;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Commands;

/// <summary>The worker threads that a command line asks for.</summary>
internal static class ThreadCounts
{
    /// <summary>More than any machine has processors for, and few enough that the system gives them: each has a stack and, where a model works, memory of its own.</summary>
    public const int Most = 1024;

    /// <summary>The value of an option; without one, the processors that this process may use.</summary>
    /// <exception cref="UsageException">There are none, or too many.</exception>
    public static int Read(ParseResult result, Option<int?> option) => result.GetValue(option) switch
    {
        null => Environment.ProcessorCount,
        < 1 and var few => throw new UsageException($"{option.Name} is {few}, expected at least 1."),
        > Most and var many => throw new UsageException($"{option.Name} is {many}, expected at most {Most}."),
        { } count => count,
    };
}
