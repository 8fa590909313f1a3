using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Hosting;

/// <summary>Several models behind one option, and text behind them.</summary>
public sealed class ModelArgumentsTests
{
    [Theory]
    [InlineData("translate --model a.pt b.pt c.pt --beam-size 3", "translate --model a.pt --model b.pt --model c.pt --beam-size 3")]
    [InlineData("translate -m a.pt b.PT text", "translate -m a.pt --model b.PT text")]
    [InlineData("translate --model=a.pt b.safetensors", "translate --model=a.pt --model b.safetensors")]
    [InlineData("translate --model a.galvani b.galvani text", "translate --model a.galvani --model b.galvani text")]
    [InlineData("translate --model a text", "translate --model a text")]
    [InlineData("generate --model lm.pt text more -o x.pt", "generate --model lm.pt text more -o x.pt")]
    [InlineData("translate --model a.pt -- b.pt", "translate --model a.pt -- b.pt")]
    [InlineData("translate -- --model a.pt b.pt", "translate -- --model a.pt b.pt")]
    [InlineData("translate --model", "translate --model")]
    [InlineData("embed --model a.pt b.pt", "embed --model a.pt b.pt")]
    public void Separate_ModelsAndText_AreToldApart(string given, string expected) => Assert.Equal(expected, string.Join(' ', ModelArguments.Separate(given.Split(' '))));

    [Fact]
    public void Separate_FileOfAnyName_IsAModel()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model"), "");
        Assert.Equal(["translate", "--model", "a", "--model", folder.File("model"), "text"], ModelArguments.Separate(["translate", "--model", "a", folder.File("model"), "text"]));
        Assert.Empty(ModelArguments.Separate([]));
    }
}
