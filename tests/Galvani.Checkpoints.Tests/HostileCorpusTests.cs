using Galvani.Checkpoints.Operations;
using Galvani.Testing.Hostile;

namespace Galvani.Checkpoints.Tests;

/// <summary>
/// The corpus of <c>tests/Hostile</c>: each file gives one clear error, or opens with what is hostile in it inert, within bounds and without touching any other file.
/// With <c>GALVANI_WRITE_HOSTILE=1</c> the files are written anew from their builders.
/// </summary>
public sealed class HostileCorpusTests
{
    private const long MostBytes = 400L << 20;

    public static TheoryData<string> Names => [.. HostileCorpus.All.Select(trick => trick.Name)];

    [Fact]
    public void Corpus_Names_AreEachUsedOnceAndAllInTheFolder()
    {
        Trick[] everything = [.. HostileCorpus.Everything];
        if (Environment.GetEnvironmentVariable("GALVANI_WRITE_HOSTILE") == "1")
        {
            foreach (var trick in everything)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(HostileCorpus.PathOf(trick.Name))!);
                File.WriteAllBytes(HostileCorpus.PathOf(trick.Name), trick.Bytes);
            }
        }

        var names = everything.Select(trick => trick.Name).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
        Assert.Equal(names, Directory.GetFiles(HostileCorpus.PathOf(""), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(HostileCorpus.PathOf(""), path).Replace('\\', '/')).Where(name => name != "README.md").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_HostileFile_GivesOneClearErrorOrInertNodes(string name)
    {
        var trick = HostileCorpus.All.Single(trick => trick.Name == name);
        var bytes = File.ReadAllBytes(HostileCorpus.PathOf(name));
        if (!trick.IsDeflated)
            Assert.Equal(trick.Bytes, bytes);
        using var folder = new TemporaryFolder();
        var path = folder.File(name);
        File.WriteAllBytes(path, bytes);

        var error = Bounded(() => Open(() => Checkpoint.Open(path), path));
        Assert.Equal(error, Bounded(() => Open(() => Checkpoint.Open(bytes, path), path)));
        var scan = Bounded(() => SafetyScan.Run(path));
        var report = Bounded(() => CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken));

        if (trick.Error is null)
        {
            Assert.Null(error);
            Assert.Null(scan.Problem);
        }
        else
        {
            Assert.NotNull(error);
            Assert.Contains(trick.Error, error, StringComparison.Ordinal);
            Assert.Equal(SafetyVerdict.Unreadable, scan.Verdict);
            Assert.NotEmpty(report.Problems);
        }

        if (trick.Finding is not null)
        {
            Assert.Contains(scan.Findings, finding => finding.Global == trick.Finding);
            Assert.Equal(trick.IsDangerous, SafetyScan.IsDangerous(trick.Finding));
        }

        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Root));
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.False(File.Exists("/tmp/galvani-was-here"));
    }

    private static T Bounded<T>(Func<T> work)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = work();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        return result;
    }

    /// <summary>Opens a file and reads all that is small in it; the message of its error, which is one line and names the file.</summary>
    private static string? Open(Func<Checkpoint> open, string path)
    {
        try
        {
            using var checkpoint = open();
            foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor.View.LogicalBytes < 1 << 20))
                tensor.View.CopyElements(new byte[tensor.View.LogicalBytes]);
            return null;
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(exception.Message, character => char.IsControl(character));
            return exception.Message;
        }
    }
}
