using System.Diagnostics;
using System.Globalization;
using Galvani.Testing;
using Galvani.Text;

namespace Galvani.Cli.Tests.Hosting;

/// <summary>Signals while the program is at work.</summary>
public sealed class InterruptionTests
{
    private const int MostSeconds = 60;

    /// <summary>One word whose unused pieces are looked for in all of it before the first piece is printed: many seconds of work.</summary>
    [Theory]
    [InlineData("INT", 130, "tokenize|--tokenizer|powers.model|--source|word")]
    [InlineData("TERM", 143, "tokenize|--tokenizer|powers.model|--source|word")]
    [InlineData("INT", 130, "translate|--target-tokenizer|powers.model|--target-prefix-file|word|Открыть")]
    public async Task AnyCommand_InterruptedInALongWord_EndsBeforeAnythingIsPrinted(string signal, int exitCode, string arguments)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("word"), new string('a', 18_000_000));
        var pieces = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown).Piece("a", -1);
        for (var power = 1; power < 12; power++)
            pieces.Piece(new string('a', 1 << power), -1 - power, (int)PieceType.Unused);
        File.WriteAllBytes(folder.File("powers.model"), pieces.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe)).ToArray());
        using var process = new GalvaniProcess { WorkingFolder = folder.Root }.Start(arguments.Split('|'));
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        WaitUntilAtWork(process);
        Send(process, signal);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(MostSeconds)));
        Assert.Equal((exitCode, ""), (process.ExitCode, await output));
    }

    /// <summary>A program that cannot write, as nobody reads, cannot end in order: the second signal ends it.</summary>
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void AnyCommand_SecondSignal_EndsAtOnce(string signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("lines"), string.Concat(Enumerable.Repeat("Мама мыла раму\n", 200_000)));
        using var process = new GalvaniProcess { WorkingFolder = folder.Root }.Start(["tokenize", "--source", "lines"]);
        Assert.NotEqual(-1, process.StandardOutput.BaseStream.ReadByte());
        WaitUntilStill(process);
        Send(process, signal);
        Assert.False(process.WaitForExit(TimeSpan.FromSeconds(1)));
        Send(process, signal);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(MostSeconds)));
        Assert.Equal(exitCode, process.ExitCode);
    }

    /// <summary>Waits until the program has done more than starting takes.</summary>
    private static void WaitUntilAtWork(Process process)
    {
        var start = TimeSpan.FromSeconds(1);
        Assert.True(SpinWait.SpinUntil(() => ProcessorTime(process) > start, TimeSpan.FromSeconds(MostSeconds)));
    }

    /// <summary>Waits until the program does nothing any more.</summary>
    private static void WaitUntilStill(Process process)
    {
        for (var (before, now) = (TimeSpan.MinValue, TimeSpan.Zero); before != now;)
        {
            Thread.Sleep(TimeSpan.FromSeconds(0.5));
            (before, now) = (now, ProcessorTime(process));
        }
    }

    private static TimeSpan ProcessorTime(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static void Send(Process process, string signal) =>
        Process.Start("/bin/kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();
}
