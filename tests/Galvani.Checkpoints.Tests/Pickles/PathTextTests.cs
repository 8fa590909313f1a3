using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests.Pickles;

/// <summary>Paths of pathlib and members of known enumerations: data as long as they are what Python pickles them as, and findings otherwise.</summary>
public sealed class PathTextTests
{
    [Theory]
    [InlineData("pathlib", "PosixPath", "/,data,a.model", "/data/a.model")]
    [InlineData("pathlib._local", "PosixPath", "data,a.model", "data/a.model")]
    [InlineData("pathlib", "PurePosixPath", "a,/b", "/b")]
    [InlineData("pathlib", "PosixPath", null, ".")]
    [InlineData("pathlib", "WindowsPath", @"C:\,data,a.model", @"C:\data\a.model")]
    [InlineData("pathlib", "PureWindowsPath", "data,a.model", @"data\a.model")]
    public void PathText_PickledPath_IsAsPythonPrintsIt(string module, string type, string? parts, string expected)
    {
        using var checkpoint = Checkpoint.Open(ZipBuilder.Torch(RawPickle.Of(pickle => Path(pickle, module, type, parts?.Split(',') ?? []))).Build(), "model.pt");
        Assert.Equal(expected, Assert.IsType<PickleObject>(checkpoint.Root).PathText);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void Scan_MemberOfAKnownEnumeration_IsNoFinding() =>
        Assert.Empty(Findings(pickle => pickle.Global("onmt.utils.earlystopping", "PatienceEnum").Int(1).Bytes(0x85).Op('R')));

    [Fact]
    public void Scan_MemberOfAnUnknownEnumeration_IsAFinding() =>
        Assert.Contains("REDUCE my.Color", Findings(pickle => pickle.Global("my", "Color").Int(1).Bytes(0x85).Op('R')));

    [Fact]
    public void Scan_AnythingElseOfThoseClasses_IsAFinding()
    {
        Assert.Contains("REDUCE pathlib.PosixPath", Findings(pickle => pickle.Global("pathlib", "PosixPath").Int(1).Bytes(0x85).Op('R')));
        Assert.Contains("NEWOBJ pathlib.PosixPath", Findings(pickle => pickle.Global("pathlib", "PosixPath").Text("a").Bytes(0x85, 0x81)));
        Assert.Contains("BUILD pathlib.PosixPath", Findings(pickle => Path(pickle, "pathlib", "PosixPath", "a").Op("}b")));
        Assert.Contains("REDUCE pathlib.PosixPath()", Findings(pickle => Path(pickle, "pathlib", "PosixPath", "a").Op(")R")));
        Assert.Contains("REDUCE pathlib.PosixPath", Findings(pickle => Path(pickle, "pathlib", "PosixPath", [.. Enumerable.Repeat("a", 257)])));
        Assert.Contains("REDUCE pathlib.PosixPath", Findings(pickle => Path(pickle, "pathlib", "PosixPath", new string('a', 4097))));
        Assert.Contains("GLOBAL pathlib.PosixPath.unlink", Findings(pickle => pickle.Global("pathlib", "PosixPath.unlink")));
        Assert.Contains("GLOBAL pathlib.Path", Findings(pickle => pickle.Global("pathlib", "Path")));
        Assert.Contains("REDUCE onmt.utils.earlystopping.PatienceEnum", Findings(pickle => pickle.Global("onmt.utils.earlystopping", "PatienceEnum").Text("a").Bytes(0x85).Op('R')));
        Assert.Contains("BUILD onmt.utils.earlystopping.PatienceEnum", Findings(pickle => pickle.Global("onmt.utils.earlystopping", "PatienceEnum").Int(1).Bytes(0x85).Op("R}b")));
    }

    private static RawPickle Path(RawPickle pickle, string module, string type, params string[] parts)
    {
        pickle.Global(module, type).Op('(');
        foreach (var part in parts)
            pickle.Text(part);
        return pickle.Op("tR");
    }

    private static string[] Findings(Action<RawPickle> write)
    {
        using var checkpoint = Checkpoint.Open(ZipBuilder.Torch(RawPickle.Of(write)).Build(), "model.pt");
        return [.. checkpoint.Findings.Select(finding => $"{finding.Opcode} {finding.Global}")];
    }
}
