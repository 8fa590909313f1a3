using System.CommandLine;

namespace Galvani.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
internal interface IExplained
{
    /// <summary>Command lines that work as they stand.</summary>
    IReadOnlyList<string> Examples { get; }
}

/// <summary>A command of this program: options are members, <see cref="Execute"/> is the work.</summary>
internal abstract class CliCommand : Command, IExplained
{
    private protected CliCommand(string name, string description)
        : base(name, description) =>
        SetAction(result => Execute(result));

    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Does the work; throws for every failure.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Execute(ParseResult result);

    private protected T Register<T>(T option)
        where T : Option
    {
        Options.Add(option);
        return option;
    }

    private protected Argument<T> Register<T>(Argument<T> argument)
    {
        Arguments.Add(argument);
        return argument;
    }
}
