using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>A file that is read along with the input.</summary>
public sealed class PrefixLinesTests
{
    [Fact]
    public void Take_OutOfOrder_GivesEachLineOnce()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("p"), Enumerable.Range(1, 5000).Select(number => $"p{number}"));
        using var lines = new PrefixLines(folder.File("p"));
        foreach (var number in Enumerable.Range(1, 5000).Chunk(7).SelectMany(chunk => chunk.Reverse()))
            Assert.Equal($"p{number}", lines.Take(number));
        lines.CheckEnd();
    }

    [Fact]
    public void Take_TooFewOrTooMany_IsAnError()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("p"), "a\nb\nc");
        using var lines = new PrefixLines(folder.File("p"));
        Assert.Equal("a", lines.Take(1));
        Assert.Contains("more lines", Assert.Throws<CommandException>(lines.CheckEnd).Message, StringComparison.Ordinal);
        Assert.Equal("c", lines.Take(3));
        Assert.Contains("has 3 lines", Assert.Throws<CommandException>(() => lines.Take(4)).Message, StringComparison.Ordinal);
    }
}
