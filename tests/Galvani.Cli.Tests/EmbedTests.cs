using System.Text;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;

namespace Galvani.Cli.Tests;

/// <summary><c>galvani embed</c>: every way out gives the same numbers, whatever the threads and the batches.</summary>
public sealed class EmbedTests
{
    private const int Width = 256;

    [Fact]
    public void Embed_OneOrTwoThreads_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var path = ManyLines(folder, 3000);
        foreach (var threads in (string[])["1", "2", "5"])
            Assert.Equal(0, GalvaniProcess.Run("embed", "--source", path, "--threads", threads, "-o", folder.File(threads + ".npy")).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder.File("1.npy")), File.ReadAllBytes(folder.File("2.npy")));
        Assert.Equal(File.ReadAllBytes(folder.File("1.npy")), File.ReadAllBytes(folder.File("5.npy")));
    }

    [Fact]
    public void Embed_TextJsonAndArrays_HoldTheSameVectors()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("lines.txt");
        File.WriteAllText(path, "Открыть файл\n\nМама мыла раму\r\n \nПривет, мир!");
        var text = GalvaniProcess.Run("embed", "--source", path).Output.Split('\n')[..^1].Select(Vector).ToList();
        var objects = GalvaniProcess.Run("embed", "--source", path, "--json").Output.Split('\n')[..^1]
            .Select(line => Vector(JsonDocument.Parse(line).RootElement.GetProperty("vector").GetRawText())).ToList();
        Assert.Equal([Width, 0, Width, 0, Width], text.Select(vector => vector.Length));
        Assert.Equal(text, objects);
        GalvaniProcess.Run("embed", "--source", path, "-o", folder.File("x.npy"));
        GalvaniProcess.Run("embed", "--source", path, "-o", folder.File("x.npz"));
        var rows = NpyFile.Read(folder.File("x.npy"));
        Assert.Equal([5L, Width], rows.Shape);
        Assert.Equal(text.SelectMany(vector => vector.Length == 0 ? new float[Width] : vector), rows.ToSingles());
        Assert.Equal(rows.ToSingles(), NpzFile.Read(folder.File("x.npz"))["vectors"].ToSingles());
    }

    [Fact]
    public void Embed_LinesAcrossReads_AreWhole()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("lines.txt");
        var longest = string.Concat(Enumerable.Repeat("файл ", 30_000)).TrimEnd(); // 270 kB, more than one read of the input
        File.WriteAllText(path, $"Открыть файл\n{longest}\r\nПривет, мир!\r");
        var result = GalvaniProcess.Run("embed", "--source", path, "--no-positions", "--dimensions", "3");
        Assert.True(result.ExitCode == 0, result.Error);
        var vectors = result.Output.Split('\n')[..^1];
        Assert.Equal(GalvaniProcess.Run("embed", "Открыть файл", longest[..50_000].TrimEnd(), "Привет, мир!\r", "--no-positions", "--dimensions", "3").Output.Split('\n')[..^1], vectors);
    }

    [Fact]
    public void Embed_LongLine_IsAnErrorCutOrSplit()
    {
        string[] line = ["embed", "Открыть файл и закрыть окно", "--max-source", "3", "--dimensions", "4"];
        var refused = GalvaniProcess.Run(line);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Line 1 has", refused.Error, StringComparison.Ordinal);
        var cut = GalvaniProcess.Run([.. line, "--on-long", "cut"]);
        var split = GalvaniProcess.Run([.. line, "--on-long", "split"]);
        Assert.Equal((0, 0), (cut.ExitCode, split.ExitCode));
        Assert.NotEqual(cut.Output, split.Output);
        Assert.Contains("1 line was longer than the limit", split.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_BrokenUtf8_IsATokenAndReported()
    {
        byte[] input = [0xD0, (byte)'\n', .. Encoding.UTF8.GetBytes("Открыть\n")];
        var result = new GalvaniProcess().Execute(["embed"], input);
        Assert.Equal([Width, Width, 0], result.Output.Split('\n').Select(line => line.Length == 0 ? 0 : Vector(line).Length));
        Assert.Contains("1 line has broken UTF-8", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_Json_EscapesWhatJsonAndLinesDemand()
    {
        const string Line = "\"a\\b\"\t\u0001\u007f\u0085\u2028\u2029 Мама 🙂";
        var output = GalvaniProcess.RunWith(Line + "\n", "embed", "--json", "--dimensions", "1").Output;
        Assert.StartsWith("{\"text\": \"\\\"a\\\\b\\\"\\t\\u0001\\u007f\\u0085\\u2028\\u2029 Мама 🙂\", \"pieces\": [", output, StringComparison.Ordinal);
        Assert.EndsWith("]}\n", output, StringComparison.Ordinal);
        Assert.Equal(Line, JsonDocument.Parse(output).RootElement.GetProperty("text").GetString());
    }

    private static float[] Vector(string json) => [.. JsonDocument.Parse(json).RootElement.EnumerateArray().Select(number => number.GetSingle())];

    private static string ManyLines(TemporaryFolder folder, int count)
    {
        var sample = File.ReadAllLines(Repository.Sample("test.ru"));
        var path = folder.File("lines.txt");
        File.WriteAllLines(path, Enumerable.Range(0, count).Select(i => i % 97 == 0 ? "" : sample[i * 31 % sample.Length]));
        return path;
    }
}
