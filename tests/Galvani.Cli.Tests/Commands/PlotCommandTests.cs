using System.Xml.Linq;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>galvani plot</c>: what its figures say they show, and wrong usage.</summary>
public sealed class PlotCommandTests
{
    [Theory]
    [InlineData("sentence", "", "sentence vectors: the means of token vector + positional row")]
    [InlineData("sentence", "--no-positions", "sentence vectors: the means of token vector")]
    [InlineData("sentence", "--scaling model", "sentence vectors: the means of token vector x sqrt(256) + positional row")]
    [InlineData("sentence", "--layer 1", "sentence vectors: the means of the states of layer 1")]
    [InlineData("similarity", "", "cosine of the means of token vector + positional row, centred")]
    [InlineData("similarity", "--layer last", "cosine of the means of the last layer's states, after the final norm, centred")]
    [InlineData("projection", "--no-positions", "principal directions of the means of token vector")]
    public void Plot_Sentences_TitleSaysWhatTheVectorsAre(string figure, string options, string expected)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["plot", figure, "Мама мыла раму", "Мама мыла окна", "Здравствуй, мир!", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-o", folder.File("x.svg")];
        Assert.Equal(0, GalvaniProcess.Run(arguments).ExitCode);
        Assert.Contains(expected, Texts(folder.File("x.svg")));
    }

    [Fact]
    public void Plot_SentenceOfAModelWithoutPositions_TitleSpeaksOfNone()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run("plot", "sentence", "--model", Repository.Golden("lm-alibi", "model.pt"), "--pieces", "▁a1 ▁a2", "-o", folder.File("x.svg")).ExitCode);
        Assert.Contains("sentence vectors: the means of token vector", Texts(folder.File("x.svg")));
    }

    [Theory]
    [InlineData("plot sentence a -o x.gif", "expected .png or .svg")]
    [InlineData("plot sentence a -o x.png --size 3x3", "expected WIDTHxHEIGHT from 400x300 to 10000x10000")]
    [InlineData("plot similarity a -o x.png", "needs two sentences at least")]
    [InlineData("plot projection a b -o x.png", "needs three vectors at least")]
    [InlineData("plot positions 5000 -o x.png", "which has rows 0 to 4999")]
    [InlineData("plot positions --heat-map --dimensions 4 -o x.png", "--heat-map draws the whole table")]
    [InlineData("plot positions 1 --heat-map -o x.png", "--heat-map draws the whole table")]
    public void Plot_WrongUsage_IsCode2(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    /// <summary>Laid out, the elements of an expanded tensor may be a thousand times what the file has.</summary>
    [Fact]
    public void Plot_TensorExpandedToMoreThanItsStorage_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(RawPickle.Of(tree => tree.Tensor("0", 16, 0, [60_000_000], [0], "ByteStorage")), new byte[16]).Build());
        var result = GalvaniProcess.Run("plot", "tensor", "/", "--model", folder.File("x.pt"), "-o", folder.File("x.png"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("has 60000000 elements in a storage of 16 bytes, expected 50000000 elements at most", result.Error, StringComparison.Ordinal);
    }

    private static List<string> Texts(string path) => [.. XDocument.Load(path).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())];
}
