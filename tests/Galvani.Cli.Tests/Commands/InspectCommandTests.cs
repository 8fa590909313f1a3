using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>inspect</c> on the real program: safety verdicts, usage, files that are none, limits.</summary>
public sealed class InspectCommandTests
{
    public static TheoryData<string> SafeFiles =>
    [
        .. Repository.GoldenOptions.Where((_, index) => index % 8 == 0).Select(option => $"{option}/model.pt"), "opennmt-v2/model.pt", "opennmt-v2/converted-to-v3.pt", "containers/tree.pt", "containers/newer-records.pt",
    ];

    [Theory]
    [MemberData(nameof(SafeFiles))]
    public void Safety_GoldenFile_IsSafe(string file)
    {
        var result = GalvaniProcess.Run("inspect", Repository.Golden(file.Split('/')), "--safety");
        Assert.Equal((0, "safe\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public void Safety_WholeModule_IsUnknownWithItsGlobals()
    {
        var result = GalvaniProcess.Run("inspect", Repository.Golden("containers", "whole-module.pt"), "--safety", "--json");
        Assert.Equal(1, result.ExitCode);
        var root = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("unknown", root.GetProperty("verdict").GetString());
        var finding = root.GetProperty("findings")[0];
        Assert.StartsWith("torch.nn.", finding.GetProperty("global").GetString(), StringComparison.Ordinal);
        Assert.Equal(["global", "opcode", "byteOffset", "arguments"], finding.EnumerateObject().Select(property => property.Name));
    }

    /// <summary>The file is closed when its findings are written: of a tensor that a call is given there are type and shape.</summary>
    [Fact]
    public void Safety_CallWithTensors_TellsTheirShapes()
    {
        var result = GalvaniProcess.Run("inspect", Repository.Golden("newer", "named-tuple.pt"), "--safety", "--json");
        Assert.Equal(1, result.ExitCode);
        var call = JsonDocument.Parse(result.Output).RootElement.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("opcode").GetString() == "REDUCE");
        Assert.Equal("torch.return_types.topk", call.GetProperty("global").GetString());
        Assert.Equal("""{"dtype": "float32", "shape": [2], "values": [], "truncated": 2}""", call.GetProperty("arguments")[0][0].GetRawText());
    }

    [Theory]
    [InlineData("os", "system", "dangerous")]
    [InlineData("builtins", "eval", "dangerous")]
    [InlineData("some.library", "thing", "unknown")]
    public void Safety_GlobalThatIsNotInterpreted_IsFound(string module, string name, string verdict)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(RawPickle.Of(pickle => pickle.Global(module, name).Op("(").Text("x").Op("tR"))).Build());
        var result = GalvaniProcess.Run("inspect", folder.File("x.pt"), "--safety");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(verdict + "\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{module}.{name}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Safety_BrokenPickle_IsUnreadableAndStillReportsWhatWasSeen()
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(raw => raw.Global("os", "system").Op("(").Text("x").Op("tR"))[..^1];
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle).Build());
        var result = GalvaniProcess.Run("inspect", folder.File("x.pt"), "--safety");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("unreadable\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("os.system", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_NothingGiven_UsesTheSampleAndSaysSoOnce()
    {
        var result = GalvaniProcess.Run("inspect", "--json");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(1, result.Error.Split("bundled sample").Length - 1);
        Assert.Equal(98, JsonDocument.Parse(result.Output).RootElement.GetProperty("entries").GetInt32());
    }

    [Theory]
    [InlineData("inspect --tensors --opt", "expected one view")]
    [InlineData("inspect --grep x", "--grep goes with --vocab")]
    [InlineData("inspect --tensr", "Did you mean --tensors?")]
    [InlineData("inspct", "Did you mean inspect?")]
    [InlineData("inspect --limit Rnk=3", "Rank")]
    [InlineData("plot", "plot needs one of sentence, positions, tensor, tokens, similarity, projection")]
    [InlineData("plot tensors x", "Did you mean tensor")]
    [InlineData("plot positions x -o x.png", "does not take 'x'")]
    public void Usage_Wrong_IsCode2WithALineThatHelps(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_EmptyFileName_IsWrongUsageNotTheSample() => Assert.Equal(2, GalvaniProcess.Run("inspect", "").ExitCode);

    [Fact]
    public void Inspect_MissingFile_NamesASimilarOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model.pt"), "x");
        var result = GalvaniProcess.Run("inspect", folder.File("modle.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Did you mean model.pt?", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PickleBytes=10", "(PickleBytes)")]
    [InlineData("Rank=1", "(Rank)")]
    [InlineData("Nesting=1", "(Nesting)")]
    [InlineData("Entries=2", "(Entries)")]
    public void Inspect_OverALimit_NamesTheLimitAndTheOption(string limit, string expected)
    {
        var result = GalvaniProcess.Run("inspect", Repository.Golden("base", "model.pt"), "--limit", limit);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains($"--limit {limit.Split('=')[0]}=N", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("verify")]
    [InlineData("embed")]
    [InlineData("plot tensor")]
    public void Help_OfACommandThatOpensFiles_HasTheLimits(string command)
    {
        var result = GalvaniProcess.Run([.. command.Split(' '), "--help"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("InflationRatio=200", result.Output, StringComparison.Ordinal);
        Assert.Contains($"galvani {command} ", result.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Object_OfAnOption_IsItsJsonValue() => Assert.Equal("512\n", GalvaniProcess.Run("inspect", "--object", "/opt/transformer_ff", "--json").Output);

    [Fact]
    public void Object_ThatDoesNotExist_GetsTheNearest() =>
        Assert.Contains("/opt/transformer_ff", GalvaniProcess.Run("inspect", "--object", "/opt/transformer_f").Error, StringComparison.Ordinal);

    [Fact]
    public void Pickle_Listing_StartsWithTheProtocol() => Assert.StartsWith("       0: PROTO            2\n", GalvaniProcess.Run("inspect", "--pickle").Output, StringComparison.Ordinal);
}
