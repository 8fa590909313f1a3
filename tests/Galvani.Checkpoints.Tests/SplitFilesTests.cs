namespace Galvani.Checkpoints.Tests;

/// <summary>Which files are the two parts of one checkpoint.</summary>
public sealed class SplitFilesTests
{
    [Theory]
    [InlineData("model.pt", "model.00.safetensors")]
    [InlineData("a.b/model.PT", "a.b/model.00.safetensors")]
    [InlineData("model_step_10.pt", "model_step_10.00.safetensors")]
    public void WeightsOf_Checkpoint_IsTheFirstNumber(string path, string expected) => Assert.Equal(expected, SplitFiles.WeightsOf(path));

    [Theory]
    [InlineData("model.safetensors", "model.safetensors")]
    [InlineData("model.safetensors,model.00.safetensors,model.01.safetensors", "model.00.safetensors,model.01.safetensors")]
    [InlineData("model.x.safetensors,model.0x.safetensors,model..safetensors,model.00.safetensors.bak,other.00.safetensors", "")]
    public void Find_FilesBeside_AreTheNumberedOnesElseTheOther(string files, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in files.Split(','))
            File.WriteAllBytes(folder.File(file), []);
        Assert.Equal(expected, string.Join(',', SplitFiles.Find(folder.File("model.pt")).Select(file => Path.GetFileName(file))));
    }

    [Fact]
    public void FindUnnumbered_FilesBeside_AreThoseWithoutANumberOfTheSameBase()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])["model.x.safetensors", "model.0x.safetensors", "model..safetensors", "model.00.safetensors", "model.safetensors", "model.other.00.safetensors", "other.x.safetensors", "model.x.safetensors.bak"])
            File.WriteAllBytes(folder.File(file), []);
        Assert.Equal(["model..safetensors", "model.0x.safetensors", "model.x.safetensors"], SplitFiles.FindUnnumbered(folder.File("model.pt")).Select(Path.GetFileName));
    }

    [Fact]
    public void Describe_Checkpoint_NamesBothForms() => Assert.Equal("model.NN.safetensors or model.safetensors beside it", SplitFiles.Describe("/folder/model.pt"));
}
