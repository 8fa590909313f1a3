using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>The pipe contract (docs/guide/pipes.md), on the real program: the number of the sentence is in each test's name.</summary>
public sealed class PipeContractTests
{
    private const string Input = "Мама мыла раму\r\n\n \t \nlone\rreturn\nnext\u0085line\u2028and\u2029more\n\ufeffmark\nlast";
    private const int InputLines = 7;

    public static TheoryData<string> Commands => ["tokenize", "tokenize --json", "tokenize --ids", "detokenize", "detokenize --json", "embed --dimensions 2", "embed --dimensions 2 --json",
        "translate -beam_size 1 -max_length 9", "translate -beam_size 1 -max_length 9 --json", "encode --pool", "encode --pool --json",
        "generate -model LM --pieces -beam_size 1 -max_length 3", "generate -model LM --pieces -beam_size 1 -max_length 3 --json", "score -model LM --pieces", "score -model LM --pieces --json"];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Sentences1And2_EveryCommand_WritesOneLineForEachLineWithoutOtherSeparators(string command)
    {
        var result = GalvaniProcess.RunWith(Input, [.. command.Split(' ').Select(word => word == "LM" ? Repository.Golden("lm", "model.pt") : word)]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.EndsWith("\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(InputLines, result.Output.Count(character => character == '\n'));
        foreach (var separator in "\r\u0085\u2028\u2029")
            Assert.DoesNotContain(separator, result.Output);
    }

    [Fact]
    public void Sentence1_BlankLines_GiveBlankOrEmptyResults()
    {
        Assert.Equal("\n\n▁last\n", GalvaniProcess.RunWith("\n   \nlast", "tokenize").Output);
        Assert.StartsWith("[]\n[]\n[0.0", GalvaniProcess.RunWith("\n   \nlast", "embed").Output, StringComparison.Ordinal);
        Assert.Equal("{\"pieces\": [], \"ids\": [], \"offsets\": []}\n", GalvaniProcess.RunWith("\n", "tokenize", "--json").Output);
    }

    [Fact]
    public void Sentence2_JsonText_KeepsSeparatorsAsEscapes()
    {
        var lines = GalvaniProcess.RunWith(Input, "embed", "--json", "--dimensions", "1").Output.TrimEnd('\n').Split('\n');
        var texts = lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString());
        Assert.Equal(["Мама мыла раму", "", " \t ", "lone\rreturn", "next\u0085line\u2028and\u2029more", "\ufeffmark", "last"], texts);
    }

    [Fact]
    public void Sentence3_BrokenUtf8_IsCountedOrWithStrictAnError()
    {
        byte[] input = [.. "ok\n"u8, 0xFF, 0xFE, (byte)'\n', .. "x\n"u8];
        var lenient = new GalvaniProcess().Execute(["detokenize"], input);
        Assert.Equal((0, "ok\n\ufffd\ufffd\nx\n"), (lenient.ExitCode, lenient.Output));
        Assert.Contains("1 line has broken UTF-8", lenient.Error, StringComparison.Ordinal);
        var strict = new GalvaniProcess().Execute(["detokenize", "--strict"], input);
        Assert.Equal(1, strict.ExitCode);
        Assert.Contains("Line 2", strict.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentence3And6_EmptyEnvironment_IsEnoughAndUtf8()
    {
        var result = new GalvaniProcess { Environment = DotnetOnly(), WorkingFolder = "/" }.Execute(["tokenize"], Encoding.UTF8.GetBytes("Мама\n"));
        Assert.Equal((0, "▁Ма ма\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public void Sentence4_Report_HasTheSummaryAndStandardOutputTheData()
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.RunWith("Мама\n\nокно\n", "embed", "--dimensions", "1", "--report", folder.File("r.json"));
        Assert.Equal(3, result.Output.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain("lines/s", result.Error, StringComparison.Ordinal);
        var report = JsonDocument.Parse(File.ReadAllText(folder.File("r.json"))).RootElement;
        Assert.Equal(3, report.GetProperty("lines").GetInt32());
        Assert.Equal(1, report.GetProperty("blank_lines").GetInt32());
        Assert.True(report.GetProperty("tokens").GetInt32() >= 3);
        Assert.True(report.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(64, report.GetProperty("model_sha256").GetString()!.Length);
        Assert.Contains("--dimensions", report.GetProperty("options").EnumerateArray().Select(option => option.GetString()));
        foreach (var name in (string[])["warnings", "version", "instruction_set", "command", "model"])
            Assert.True(report.TryGetProperty(name, out _), name);
    }

    [Theory]
    [InlineData("translate -o", true)] // nothing is printed beside it
    [InlineData("encode -o", true)]
    [InlineData("translate", false)]
    public void Sentence4_Terminal_ShowsProgressWhereNoDataIsPrinted(string command, bool expected)
    {
        Requirement.Need(File.Exists("/usr/bin/script"), "script, which runs a program in a terminal (Debian: bsdutils)");
        using var folder = new TemporaryFolder();
        var line = $"sleep 3 | '{GalvaniProcess.BuiltProgram}' {command} {(expected ? folder.File("x.npz") : "")}";
        var result = new GalvaniProcess { Program = "/usr/bin/script" }.Execute(["--quiet", "--return", "--command", line, "/dev/null"], []);
        Assert.Equal((0, expected), (result.ExitCode, result.Output.Contains("0 lines, 0 lines/s", StringComparison.Ordinal)));
    }

    [Fact]
    public void Sentence7_ReaderGone_EndsQuietlyWith141()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("big.txt"), string.Concat(Enumerable.Repeat("Мама мыла раму\n", 20_000)));
        using var process = new GalvaniProcess().Start(["embed", "--source", folder.File("big.txt")]);
        process.StandardInput.Close();
        Assert.Equal('[', (char)process.StandardOutput.Read());
        process.StandardOutput.Close();
        var error = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(141, process.ExitCode);
        Assert.Single(error.TrimEnd('\n').Split('\n')); // the note that the sample is used, and nothing else
    }

    [Theory]
    [InlineData("embed Мама")]
    [InlineData("translate Мама")]
    [InlineData("encode Мама")]
    [InlineData("inspect")]
    [InlineData("--version")]
    public void Sentence7_NoSpaceLeft_EndsWith75(string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec '{GalvaniProcess.BuiltProgram}' {command} > /dev/full"]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(75, process.ExitCode);
        Assert.Contains("no space left", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embed", "INT", 130)]
    [InlineData("embed", "TERM", 143)]
    [InlineData("translate", "INT", 130)]
    [InlineData("encode", "TERM", 143)]
    public void Sentence7_Interrupted_EndsWith130Or143AndLeavesNoFile(string command, string signal, int expected)
    {
        using var folder = new TemporaryFolder();
        using var process = new GalvaniProcess().Start([command, "-o", folder.File(command == "encode" ? "x.npz" : "x.npy")]);
        process.StandardInput.BaseStream.Write("Мама\n"u8);
        process.StandardInput.BaseStream.Flush();
        Assert.NotNull(process.StandardError.ReadLine()); // the program is up: it has said which model it uses
        SpinWait.SpinUntil(() => Directory.EnumerateFileSystemEntries(folder.Root).Any(), TimeSpan.FromSeconds(30));
        Process.Start("/bin/kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])!.WaitForExit();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(expected, process.ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Root));
    }

    [Theory]
    [InlineData("embed --json")]
    [InlineData("tokenize --json")]
    [InlineData("encode --pool --layers all --json")]
    public void Sentence8_ThreadsAndNeighbours_ChangeNoByte(string command)
    {
        var lines = File.ReadAllLines(Repository.Sample("test.ru"));
        var together = GalvaniProcess.RunWith(string.Join('\n', lines), [.. command.Split(' '), "--threads", "2"]).OutputBytes;
        Assert.Equal(together, GalvaniProcess.RunWith(string.Join('\n', lines), [.. command.Split(' '), "--threads", "1"]).OutputBytes);
        var few = GalvaniProcess.RunWith(string.Join('\n', lines[10..13]), command.Split(' ')).Output;
        Assert.Equal(string.Concat(Encoding.UTF8.GetString(together).Split('\n')[10..13].Select(line => line + "\n")), few);
    }

    [Fact]
    public void Sentence9_BadThreads_IsWrongUsage() => Assert.Equal(2, GalvaniProcess.RunWith("x\n", "embed", "--threads", "0").ExitCode);

    [Theory]
    [InlineData("error", 1)]
    [InlineData("cut", 0)]
    [InlineData("split", 0)]
    public void Sentence10_LineThatIsTooLong_IsAnErrorCutOrSplitAndCounted(string onLong, int expected)
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.RunWith("Мама\nМама мыла раму\n", "embed", "--no-positions", "--dimensions", "3", "--max-source", "4", "--on-long", onLong, "--report", folder.File("r.json"));
        Assert.Equal(expected, result.ExitCode);
        if (expected != 0)
        {
            Assert.Contains("Line 2 has 7 pieces, the limit is 4", result.Error, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(1, JsonDocument.Parse(File.ReadAllText(folder.File("r.json"))).RootElement.GetProperty("long_lines").GetInt32());
        Assert.Contains("1 line was longer", result.Error, StringComparison.Ordinal);
        var pieces = onLong == "cut" ? "▁Ма ма ▁мы ла" : "▁Ма ма ▁мы ла ▁ ра му";
        Assert.Equal(GalvaniProcess.RunWith("▁Ма ма\n" + pieces, "embed", "--pieces", "--no-positions", "--dimensions", "3").Output, result.Output);
    }

    [Fact]
    public async Task Sentence12_CoProcess_GetsEachAnswerBeforeItWritesTheNextLine()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var process = new GalvaniProcess().Start(["tokenize"]);
        foreach (var (line, expected) in ((string, string)[])[("Мама\n", "▁Ма ма"), ("окна\n", "▁окна"), ("\n", "")])
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(line), limit.Token);
            await process.StandardInput.BaseStream.FlushAsync(limit.Token);
            Assert.Equal(expected, await process.StandardOutput.ReadLineAsync(limit.Token));
        }

        process.StandardInput.Close();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
    }

    /// <summary>Nothing but what the framework-dependent build needs to find its runtime; the native binary is tested with an empty environment.</summary>
    private static Dictionary<string, string> DotnetOnly() =>
        Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root ? new() { ["DOTNET_ROOT"] = root } : [];
}
