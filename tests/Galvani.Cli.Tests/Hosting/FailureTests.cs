using Galvani.Checkpoints;
using Galvani.Cli.Hosting;
using Galvani.Text;

namespace Galvani.Cli.Tests.Hosting;

/// <summary>From an exception to an exit code.</summary>
public sealed class FailureTests
{
    public static TheoryData<Exception, int> Exceptions => new()
    {
        { new UsageException("x"), 2 }, { new CommandException("x"), 1 }, { new CheckpointFormatException("x", "file"), 1 }, { new UnsupportedCheckpointException("x"), 1 },
        { new ArgumentException("x"), 1 }, { new FileNotFoundException("x"), 1 }, { new FileNotFoundException("x", "nowhere"), 1 }, { new UnauthorizedAccessException("x"), 1 }, { new InvalidOperationException("x"), 1 },
        { new InsufficientMemoryException(), 75 }, { new IOException("full", 28), 75 }, { new IOException("quota", 122), 75 }, { new IOException("pipe", 32), 141 },
        { new OperationCanceledException(), 130 }, { new AggregateException(new IOException("pipe", 32)), 141 },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void Report_Exception_HasTheExitCodeOfItsKind(Exception exception, int expected) => Assert.Equal(expected, Failure.Report(exception, interruption: null));
}
