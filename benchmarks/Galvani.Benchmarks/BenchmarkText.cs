using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Galvani.Benchmarks;

/// <summary>The text that tokenisation is measured on: the golden lines (35 kinds, many hostile) and the sample's test set, repeated.</summary>
internal static class BenchmarkText
{
    /// <summary>Writes the text to a new temporary file, lines ended by a line feed, and returns its path. The caller deletes it.</summary>
    public static string Write(long byteCount)
    {
        var block = Encoding.UTF8.GetBytes(string.Concat(Lines().Select(line => line.ReplaceLineEndings(" ") + "\n")));
        var path = Path.GetTempFileName();
        using var file = File.Create(path);
        for (long written = 0; written < byteCount; written += block.Length)
            file.Write(block);
        return path;
    }

    private static IEnumerable<string> Lines()
    {
        var golden = Path.Combine(Measure.RepositoryRoot, "tests", "Golden", "sentencepiece", "lines.jsonl.gz");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(golden), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.GetProperty("text").GetString()!;
        }

        foreach (var line in File.ReadLines(Path.Combine(Measure.RepositoryRoot, "samples", "ru-en", "test.ru")))
            yield return line;
    }
}
