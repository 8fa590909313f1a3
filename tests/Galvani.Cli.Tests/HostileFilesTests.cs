using Galvani.Testing;
using Galvani.Testing.Hostile;

namespace Galvani.Cli.Tests;

/// <summary>The commands on hostile files that ask for more than they are: an answer or one clear line, within the time that the limits promise.</summary>
public sealed class HostileFilesTests
{
    private static readonly string[] Greedy = ["billion-laughs", "inside-itself", "nested-", "bomb", "tensor-under", "tensors-expanded", "tensor-expanded", "tensor-of-a-quadrillion", "integer-of", "memo-far", "name-with", "tar-storage-of-a-billion", "tar-tensors-expanded"];

    public static TheoryData<string> Files => [.. HostileCorpus.All.Select(trick => trick.Name).Where(name => Greedy.Any(start => name.StartsWith(start, StringComparison.Ordinal)))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Command_GreedyFile_AnswersInTime(string name)
    {
        foreach (var arguments in (string[])["verify", "inspect|--object|/|--all", "inspect|--object|/|--all|--json", "inspect|--safety|--json", "inspect|--values|/", "inspect|--values|/|--all", "inspect|--stats|--rows"])
        {
            var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, Timeout = TimeSpan.FromSeconds(10) }.Execute([.. arguments.Split('|'), HostileCorpus.PathOf(name)], []);
            Assert.True(result.ExitCode is 0 or 1, $"{arguments}: exit code {result.ExitCode}: {result.Error}");
            Assert.True(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length <= 1, result.Error);
            Assert.DoesNotContain('\u001b', result.Output);
            Assert.DoesNotContain('\u001b', result.Error);
        }
    }

    public static TheoryData<string> Splits => [.. HostileCorpus.Splits.Select(trick => trick.Name)];

    [Theory]
    [MemberData(nameof(Splits))]
    public void Command_HostileSplit_IsOneClearLineOrAnAnswer(string name)
    {
        var trick = HostileCorpus.Splits.Single(trick => trick.Name == name);
        foreach (var (command, option, expected) in ((string, string[], string?)[])[("verify", [], trick.Problem), ("inspect", [], trick.Error), ("inspect", ["--stats"], trick.Error)])
        {
            var exitCode = expected is null ? 0 : 1;
            var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, Timeout = TimeSpan.FromSeconds(10) }.Execute([command, HostileCorpus.PathOf(trick.Main), .. option], []);
            Assert.True(result.ExitCode == exitCode, $"{command}: exit code {result.ExitCode}: {result.Output}{result.Error}");
            Assert.DoesNotContain("internal error", result.Error, StringComparison.Ordinal);
            Assert.InRange(result.Error.Count(character => character == '\n'), 0, 1);
            Assert.Contains(expected ?? "", result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>100 000 tensors of a few bytes: no command does anything for each that grows with their number, or with the size of a buffer.</summary>
    [Theory]
    [InlineData("verify")]
    [InlineData("convert|-o|x.pt|--dry-run")]
    [InlineData("convert|-o|x.npz|--dry-run")]
    [InlineData("inspect")]
    [InlineData("diff|many.safetensors")]
    [InlineData("average|many.safetensors|-o|x.pt|--dry-run")]
    public void Command_FileOfVeryManyTensors_AnswersInTime(string line)
    {
        const int Count = 100_000;
        using var folder = new TemporaryFolder();
        var entries = Enumerable.Range(0, Count).Select(i => SafetensorsBuilder.Entry(FormattableString.Invariant($"t{i}"), "U8", "[60]", FormattableString.Invariant($"[{60 * i},{60 * (i + 1)}]")));
        File.WriteAllBytes(folder.File("many.safetensors"), SafetensorsBuilder.Build($"{{{string.Join(',', entries)}}}", 60 * Count));
        string[] words = line.Split('|');
        var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, Timeout = TimeSpan.FromSeconds(10), WorkingFolder = folder.Root }.Execute([words[0], folder.File("many.safetensors"), .. words[1..]], []);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    /// <summary>A thousand million elements of one byte, rows of which lie closer to each other than their elements.</summary>
    [Theory]
    [InlineData(35_000, 35_000, 1, 513)]
    [InlineData(35_000, 35_000, 7, 500)]
    [InlineData(12_000_000, 100, 1, 70_001)]
    public void Stats_RowsOfATransposedTensor_AnswersInTime(int rows, int width, int rowStride, int stride)
    {
        const int Bytes = 19_900_000;
        using var folder = new TemporaryFolder();
        var storage = new byte[Bytes];
        new Random(7).NextBytes(storage);
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(RawPickle.Of(tree => tree.Tensor("0", Bytes, 0, [rows, width], [rowStride, stride], "CharStorage")), storage).Build());
        var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, Timeout = TimeSpan.FromSeconds(10) }.Execute(["inspect", folder.File("x.pt"), "--stats", "--rows"], []);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("smallest and largest", result.Output, StringComparison.Ordinal);
    }

    /// <summary>A tree that a file has room for only beside other bytes, which the new file would not have: it is not written, unless it is to be readable with another limit.</summary>
    [Fact]
    public void Convert_TreeThatTheNewFileWouldHaveNoRoomFor_IsRefusedInOneLine()
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(raw => raw.Op("](").Op(new string('}', 420_000)).Op('e'));
        File.WriteAllBytes(folder.File("large.pt"), new ZipBuilder().Add("archive/data.pkl", pickle).Add("archive/other", new byte[12 << 20]).Build());
        GalvaniResult Convert(params string[] more) => new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, WorkingFolder = folder.Root }.Execute(["convert", "large.pt", "-o", "new.pt", .. more], []);
        var refused = Convert();
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--limit MemoryRatio=N changes it", Assert.Single(refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("new.pt")));
        Assert.Equal(0, Convert("--limit", "MemoryRatio=40").ExitCode);
        Assert.Equal(1, GalvaniProcess.Run("inspect", folder.File("new.pt")).ExitCode);
        Assert.Equal(0, GalvaniProcess.Run("inspect", folder.File("new.pt"), "--limit", "MemoryRatio=40").ExitCode);
    }

    /// <summary>Names of tensors and files stand in errors: they do not steer the terminal.</summary>
    [Fact]
    public void Error_NameWithControlCharacters_IsShownAsEscapes()
    {
        var result = GalvaniProcess.Run("inspect", "a\u001b[31m\u0007.pt");
        Assert.Equal(1, result.ExitCode);
        Assert.DoesNotContain(result.Error.TrimEnd('\n'), character => char.IsControl(character));
        Assert.Contains("a\\u001b[31m\\u0007.pt", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("call-os.system.pt", "dangerous", 1)]
    [InlineData("call-unknown-module.pt", "unknown", 1)]
    [InlineData("payload-then-broken-opcode.pt", "unreadable", 1)]
    [InlineData("inside-itself-list.pt", "safe", 0)]
    public void Safety_HostileFile_HasItsVerdictAndExitCode(string name, string verdict, int exitCode)
    {
        var result = GalvaniProcess.Run("inspect", HostileCorpus.PathOf(name), "--safety");
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith(verdict, result.Output, StringComparison.Ordinal);
        if (name == "payload-then-broken-opcode.pt")
            Assert.Contains("os.system", result.Output, StringComparison.Ordinal);
    }
}
