using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>A file that is read along with the input.</summary>
public sealed class PairedLinesTests
{
    [Fact]
    public void Take_OutOfOrder_GivesEachLineOnce()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("p"), Enumerable.Range(1, 5000).Select(number => $"p{number}"));
        using var lines = new PairedLines(folder.File("p"), isStrict: false);
        foreach (var number in Enumerable.Range(1, 5000).Chunk(7).SelectMany(chunk => chunk.Reverse()))
            Assert.Equal($"p{number}", lines.Take(number));
        lines.Complete();
    }

    [Fact]
    public void Take_TooFewOrTooMany_IsAnError()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("p"), "a\nb\nc");
        using var lines = new PairedLines(folder.File("p"), isStrict: false);
        Assert.Equal("a", lines.Take(1));
        Assert.Contains("more lines", Assert.Throws<CommandException>(lines.Complete).Message, StringComparison.Ordinal);
        Assert.Equal("c", lines.Take(3));
        Assert.Contains("has 3 lines", Assert.Throws<CommandException>(() => lines.Take(4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_OneLineTooFew_SaysLineAndNotLines()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("p"), "a\n");
        using var lines = new PairedLines(folder.File("p"), isStrict: false);
        Assert.Equal($"{folder.File("p")} has 1 line, the input has more: line 2 has no counterpart.", Assert.Throws<CommandException>(() => lines.Take(2)).Message);
    }

    [Fact]
    public void Take_BrokenUtf8_IsCountedOrWithStrictAnErrorThatNamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("p"), [.. "a\n"u8, 0xFF, (byte)'\n']);
        using var lenient = new PairedLines(folder.File("p"), isStrict: false);
        Assert.Equal(("\ufffd", 1), (lenient.Take(2), lenient.BrokenCount));
        using var strict = new PairedLines(folder.File("p"), isStrict: true);
        Assert.Equal($"Line 2 of {folder.File("p")} is not valid UTF-8.", Assert.Throws<CommandException>(() => strict.Take(1)).Message);
    }
}
