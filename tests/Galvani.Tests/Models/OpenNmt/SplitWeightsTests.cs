using Galvani.Checkpoints;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Models.Weights;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Checkpoints whose weights lie in safetensors files beside them.</summary>
public sealed class SplitWeightsTests
{
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model.00.safetensors")]
    [InlineData("model.00.safetensors", "model.01.safetensors")]
    public void Open_FileWithoutWeights_FindsThemBesideIt(params string[] files)
    {
        using var folder = new TemporaryFolder();
        Split(folder, files, leftOut: []);
        using var whole = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var split = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Equal(files, split.WeightFiles.Select(file => Path.GetFileName(file.FilePath)));
        Assert.Equal(whole.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), split.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(whole.Tensors, tensor => Assert.Equal(tensor.View.ToSingles(), split.Require(tensor.Name).ToSingles()));
        Assert.Equal(OpenNmtConfig.Create(whole), OpenNmtConfig.Create(split));
    }

    [Theory]
    [InlineData("shared-decoder-embeddings", OpenNmtNames.GeneratorWeight)]
    [InlineData("shared-decoder-embeddings", OpenNmtNames.TargetEmbedding)]
    [InlineData("base", OpenNmtNames.TargetEmbedding)]
    [InlineData("base", OpenNmtNames.SourceEmbedding)]
    public void Open_TiedTensorLeftOut_IsRebuiltAndNamed(string option, string leftOut)
    {
        using var folder = new TemporaryFolder();
        Split(folder, ["model.00.safetensors"], [leftOut], option);
        using var whole = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        using var split = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Equal(whole.Require(leftOut).ToSingles(), split.Require(leftOut).ToSingles());
        Assert.Contains(split.Options.Repairs, repair => repair.StartsWith(leftOut, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_NoWeightsAnywhere_SaysWhereTheyWereExpected()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), new OpenNmtBuilder { LacksWeights = true }.Build());
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Empty(checkpoint.Tensors);
        Assert.Contains(checkpoint.Options.Repairs, note => note.Contains("model.NN.safetensors or model.safetensors", StringComparison.Ordinal));
    }

    /// <summary>OpenNMT-py takes whatever stands between the dots.</summary>
    [Fact]
    public void Open_AFileWithoutANumber_IsNamedAsNotRead()
    {
        const string Expected = "model.x.safetensors is not read, as OpenNMT-py would: expected model.NN.safetensors or model.safetensors beside it";
        using var folder = new TemporaryFolder();
        Split(folder, ["model.00.safetensors"], leftOut: []);
        File.WriteAllText(folder.File("model.x.safetensors"), "not one of them");
        using (var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt")))
            Assert.Equal(Expected, checkpoint.Options.Repairs[^1]);
        Assert.Equal([Expected], OpenNmtVerification.VerifyFiles(folder.File("model.pt"), cancellationToken: TestContext.Current.CancellationToken).Files.Problems);
        File.Copy(Repository.Golden("base", "model.pt"), folder.File("model.pt"), overwrite: true);
        using var whole = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.DoesNotContain(Expected, whole.Options.Repairs);
    }

    [Fact]
    public void Open_ATensorInTwoFiles_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Split(folder, ["model.00.safetensors"], leftOut: []);
        File.Copy(folder.File("model.00.safetensors"), folder.File("model.01.safetensors"));
        Assert.Contains("and 57 others more than once", Assert.Throws<WeightMismatchException>(() => OpenNmtCheckpoint.Open(folder.File("model.pt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ABrokenFileAmongSeveral_IsNamed()
    {
        using var folder = new TemporaryFolder();
        Split(folder, ["model.00.safetensors", "model.01.safetensors"], leftOut: []);
        File.WriteAllBytes(folder.File("model.01.safetensors"), File.ReadAllBytes(folder.File("model.01.safetensors"))[..^1]);
        Assert.Contains("model.01.safetensors", Assert.Throws<CheckpointFormatException>(() => OpenNmtCheckpoint.Open(folder.File("model.pt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnotherFormUnderTheName_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Split(folder, ["model.00.safetensors"], leftOut: []);
        File.Copy(Repository.Golden("base", "model.pt"), folder.File("model.00.safetensors"), overwrite: true);
        Assert.Contains("expected safetensors", Assert.Throws<CheckpointFormatException>(() => OpenNmtCheckpoint.Open(folder.File("model.pt"))).Message, StringComparison.Ordinal);
    }

    /// <summary>As OpenNMT-py's loader: whatever the numbers are, and where there are any, no file without one.</summary>
    [Theory]
    [InlineData("model.00.safetensors", "model.02.safetensors")]
    [InlineData("model.3.safetensors", "model.007.safetensors")]
    public void Open_NumbersWithGaps_ReadsTheNumberedFilesAlone(params string[] files)
    {
        using var folder = new TemporaryFolder();
        Split(folder, files, leftOut: []);
        File.Copy(folder.File(files[0]), folder.File("model.safetensors"));
        using var split = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Equal(files.Order(StringComparer.Ordinal), split.WeightFiles.Select(file => Path.GetFileName(file.FilePath)));
        Assert.Empty(OpenNmtVerification.Check(split));
    }

    [Theory]
    [InlineData("model.01.safetensors")]
    [InlineData("model.safetensors")]
    public void Open_AFolderUnderTheName_IsNamed(string name)
    {
        using var folder = new TemporaryFolder();
        Split(folder, name == "model.safetensors" ? [] : ["model.00.safetensors"], leftOut: []);
        Directory.CreateDirectory(folder.File(name));
        var message = Assert.Throws<CheckpointFormatException>(() => OpenNmtCheckpoint.Open(folder.File("model.pt"))).Message;
        Assert.Contains("This is a folder", message, StringComparison.Ordinal);
        Assert.Contains(name, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_APipeUnderTheName_IsNotWaitedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There are no pipes in folders here.");
        using var folder = new TemporaryFolder();
        Split(folder, [], leftOut: []);
        using (var maker = System.Diagnostics.Process.Start("mkfifo", [folder.File("pipe")]))
            maker.WaitForExit();
        File.CreateSymbolicLink(folder.File("model.00.safetensors"), "pipe");
        Assert.Contains("model.00.safetensors", Assert.Throws<CheckpointFormatException>(() => OpenNmtCheckpoint.Open(folder.File("model.pt"))).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(folder.File("pipe")));
    }

    [Fact]
    public void Check_NoWeightsAnywhere_SaysWhereTheyWereExpected()
    {
        using var folder = new TemporaryFolder();
        Split(folder, [], leftOut: []);
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.Contains(OpenNmtVerification.Check(checkpoint), problem => problem.Contains("model.NN.safetensors", StringComparison.Ordinal));
        Assert.Contains("model.NN.safetensors", Assert.Throws<UnsupportedCheckpointException>(() => TransformerBinding.Bind(checkpoint, OpenNmtConfig.Create(checkpoint), ProductFormat.Single)).Message, StringComparison.Ordinal);
    }

    /// <summary>Writes a golden model in the split form: the options in the one file, the tensors spread over the others.</summary>
    private static void Split(TemporaryFolder folder, string[] files, string[] leftOut, string option = "base")
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        CheckpointWriter.Write(folder.File("model.pt"), CheckpointTree.Dictionary([new("opt", model.Checkpoint.Find("/opt")!), new("vocab", model.Checkpoint.Find("/vocab")!)]));
        var arrays = model.Tensors.Where(tensor => !leftOut.Contains(tensor.Name))
            .Select(tensor => KeyValuePair.Create(tensor.Name, NumpyArray.Create(tensor.View.ToSingles(), [.. tensor.View.Shape]))).ToList();
        for (var i = 0; i < files.Length; i++)
            SafetensorsFile.Write(folder.File(files[i]), [.. arrays.Where((_, index) => index % files.Length == i)]);
    }
}
