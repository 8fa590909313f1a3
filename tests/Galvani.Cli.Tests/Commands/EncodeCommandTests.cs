using System.Text.Json;
using Galvani.Checkpoints.Numpy;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The encode command, and the layers of embed, compare and plot, through the program.</summary>
public sealed class EncodeCommandTests
{
    private static readonly string[][] Lines = [.. File.ReadAllLines(Repository.Sample("expected-lines.txt")).Select(line => line.Split('\t'))];
    private static readonly IReadOnlyDictionary<string, NumpyArray> Expected = NpzFile.Read(Repository.Sample("expected.npz"));

    [Fact]
    public void Encode_AllLayersAndAttention_WritesArraysEqualToOpenNmts()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("s"), Lines.Select(line => line[1]).Prepend(""));
        File.WriteAllLines(folder.File("t"), Lines.Select(line => line[2]).Prepend(""));
        var result = GalvaniProcess.Run("encode", "--layers", "all", "--attention", "--source", folder.File("s"), "--target", folder.File("t"), "-o", folder.File("x.npz"));
        Assert.True(result.ExitCode == 0, result.Error);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.DoesNotContain(arrays.Keys, name => name.StartsWith("0.", StringComparison.Ordinal)); // the blank line
        for (var i = 0; i < Lines.Length; i++)
        {
            foreach (var name in (string[])["embedded", "layer.0", "layer.1", "layer.2", "layer.3", "encoded"])
            {
                Assert.Equal(Expected[$"{i}.{name}"].Shape, arrays[$"{i + 1}.{name}"].Shape);
                NumericAssert.CloseToLargest(Expected[$"{i}.{name}"].ToSingles(), arrays[$"{i + 1}.{name}"].ToSingles(), 1e-5, name);
            }

            var (t, s) = (Expected[$"{i}.attention"].Shape[0], Expected[$"{i}.attention"].Shape[1]);
            Assert.Equal([8, s, s], arrays[$"{i + 1}.encoder.3.self"].Shape);
            Assert.Equal([8, t, t], arrays[$"{i + 1}.decoder.0.self"].Shape);
            Assert.Equal([8, t, s], arrays[$"{i + 1}.decoder.2.cross"].Shape);
            NumericAssert.Close(Expected[$"{i}.attention"].ToSingles(), arrays[$"{i + 1}.decoder.2.cross"].ToSingles().AsSpan(0, (int)(t * s)), 3e-5);
        }
    }

    [Fact]
    public void Encode_ToStandardOutput_GivesAnArrayALine()
    {
        var rows = GalvaniProcess.RunWith("Открыть файл\n\nПривет\n", "encode").Output.Split('\n');
        Assert.Equal(4, rows.Length);
        Assert.Equal("[]", rows[1]);
        using var states = JsonDocument.Parse(rows[0]);
        Assert.Equal((2, 256), (states.RootElement.GetArrayLength(), states.RootElement[0].GetArrayLength()));
        using var pooled = JsonDocument.Parse(GalvaniProcess.Run("encode", "--pool", "--layers", "static,1-2,last", "--json", "Открыть файл").Output);
        Assert.Equal(["embedded", "layer.1", "layer.2", "encoded"], pooled.RootElement.GetProperty("states").EnumerateObject().Select(member => member.Name));
        Assert.Equal(256, pooled.RootElement.GetProperty("states").GetProperty("layer.2").GetArrayLength());
    }

    [Fact]
    public void Encode_LongLineSplit_JoinsTheRowsOfItsParts()
    {
        using var folder = new TemporaryFolder();
        var parts = GalvaniProcess.RunWith("▁Открыть\n▁файл\n", "encode", "--pieces").Output.Split('\n');
        var split = GalvaniProcess.RunWith("Открыть файл\n", "encode", "--max-source", "1", "--on-long", "split");
        Assert.Equal($"{parts[0][..^1]}, {parts[1][1..]}\n", split.Output);
        Assert.Contains("1 line was longer", split.Error, StringComparison.Ordinal);
        using var pooled = JsonDocument.Parse(GalvaniProcess.Run("encode", "Открыть файл", "--max-source", "1", "--on-long", "split", "--pool").Output);
        using var rows = JsonDocument.Parse(split.Output);
        Assert.Equal((rows.RootElement[0][7].GetDouble() + rows.RootElement[1][7].GetDouble()) / 2, pooled.RootElement[7].GetDouble(), 1e-6);
        var arrays = GalvaniProcess.Run("encode", "Открыть файл", "--max-source", "1", "--on-long", "split", "--layers", "all", "-o", folder.File("x.npz"));
        Assert.True(arrays.ExitCode == 0, arrays.Error);
        Assert.All(NpzFile.Read(folder.File("x.npz")), array => Assert.Equal(2, array.Value.Shape[0]));
        Assert.Equal(
            GalvaniProcess.RunWith("▁Открыть\n", "encode", "--pieces").Output,
            GalvaniProcess.RunWith("Открыть файл\n", "encode", "--max-source", "1", "--on-long", "cut").Output);
    }

    [Fact]
    public void EmbedAndCompare_WithLayer_UseItsStates()
    {
        var pooled = GalvaniProcess.Run("encode", "--pool", "--layers", "2", "Открыть файл");
        Assert.Equal(pooled.Output, GalvaniProcess.Run("embed", "--layer", "2", "Открыть файл").Output);
        Assert.Equal(GalvaniProcess.Run("encode", "Открыть файл").Output, GalvaniProcess.Run("embed", "--layer", "last", "--per-token", "sum", "Открыть файл").Output);
        Assert.Contains("states of layer 2, centred", GalvaniProcess.Run("compare", "--layer", "2", "Открыть файл", "Закрыть файл").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attention", "Открыть файл")]
    [InlineData("attention", "Открыть файл", "Open File", "--layer", "0", "--head", "3")]
    [InlineData("attention", "Открыть файл", "--kind", "encoder")]
    [InlineData("layers", "Открыть файл", "Закрыть файл", "Привет")]
    public void Plot_AttentionAndLayers_DrawPictures(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.Run(["plot", .. arguments, "-o", folder.File("x.png")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(folder.File("x.png"))[..4]);
    }

    [Theory]
    [InlineData("numbered from 0", "encode", "--layers", "4", "x")]
    [InlineData("no layer", "encode", "--layers", "two", "x")]
    [InlineData("--output", "encode", "--attention", "x")]
    [InlineData("--attention", "encode", "--target", "f", "x")]
    [InlineData("--json or --output", "encode", "--layers", "all", "x")]
    [InlineData("attention does not reach", "encode", "--attention", "--on-long", "split", "-o", "x.npz", "x")]
    [InlineData("--on-long is short", "encode", "--on-long", "short", "x")]
    [InlineData("static, last", "embed", "--layer", "first", "x")]
    [InlineData("--no-positions", "embed", "--layer", "last", "--no-positions", "x")]
    [InlineData("Layer 4 is asked for, the model has 4", "embed", "--layer", "4", "x")]
    [InlineData("Layer 4 is asked for, the model has 4", "compare", "--layer", "4", "x", "y")]
    [InlineData("the model's vectors have 256", "embed", "--dimensions", "257", "x")]
    [InlineData("--target has no meaning", "encode", "--model", "LM", "--pieces", "--attention", "--target", "f", "-o", "x.npz", "x")]
    [InlineData("--kind is cross, the model has decoder.", "plot", "attention", "--model", "LM", "--pieces", "▁a5", "-o", "x.png")]
    [InlineData("from 0 to 2", "plot", "attention", "x", "--layer", "3", "-o", "x.png")]
    public void Options_ThatDoNotFit_AreWrongUsage(string words, params string[] arguments)
    {
        var result = GalvaniProcess.Run([.. arguments.Select(argument => argument == "LM" ? Repository.Golden("lm", "model.pt") : argument)]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }
}
