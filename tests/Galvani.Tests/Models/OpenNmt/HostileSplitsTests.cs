using Galvani.Checkpoints;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Testing.Hostile;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>The corpus of <c>tests/Hostile/split</c>: checkpoints of several files give one clear error, or open and every contradiction is found, within bounds and with no file changed.</summary>
public sealed class HostileSplitsTests
{
    private const long MostBytes = 50L << 20;

    public static TheoryData<string> Names => [.. HostileCorpus.Splits.Select(trick => trick.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_HostileSplit_GivesOneClearErrorOrItsProblems(string name)
    {
        using var folder = new TemporaryFolder();
        var trick = HostileCorpus.Splits.Single(trick => trick.Name == name);
        foreach (var (suffix, bytes) in trick.Files)
        {
            Assert.Equal(bytes, HostileCorpus.BytesOf(trick.NameOf(suffix)));
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name + suffix))!);
            File.WriteAllBytes(folder.File(name + suffix), bytes);
        }

        var path = folder.File(name + ".pt");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = ErrorOf(path);
        var problems = OpenNmtVerification.VerifyFiles(path, cancellationToken: TestContext.Current.CancellationToken).Files.Problems;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);

        AssertHas(trick.Error, error is null ? [] : [error]);
        AssertHas(trick.Problem, problems);
        Assert.All(problems, problem => Assert.DoesNotContain(problem, character => char.IsControl(character)));
        Assert.All(trick.Files, file => Assert.Equal(file.Bytes, File.ReadAllBytes(folder.File(name + file.Suffix))));
        Assert.Equal(trick.Files.Length, Directory.GetFiles(folder.Root, "*", SearchOption.AllDirectories).Length);
    }

    private static void AssertHas(string? expected, IReadOnlyList<string> found)
    {
        if (expected is null)
            Assert.Empty(found);
        else
            Assert.Contains(found, message => message.Contains(expected, StringComparison.Ordinal));
    }

    /// <summary>Opens a checkpoint and asks for what a command looks at first; the message of its error, which is one line and names a file.</summary>
    private static string? ErrorOf(string path)
    {
        try
        {
            using var checkpoint = OpenNmtCheckpoint.Open(path);
            OpenNmtConfig.Describe(checkpoint, []);
            Assert.All(checkpoint.Tensors, tensor => tensor.View.CopyElements(new byte[tensor.View.LogicalBytes]));
            return null;
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException or WeightMismatchException)
        {
            Assert.Contains(Path.GetFileNameWithoutExtension(path), exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(exception.Message, character => char.IsControl(character));
            return exception.Message;
        }
    }
}
