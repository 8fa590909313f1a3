using System.IO.Compression;
using System.Text.Json;

namespace Galvani.Text.Tests;

/// <summary>The golden lines and what the reference made of them.</summary>
internal static class GoldenLines
{
    private static readonly Lazy<string[]> LazyTexts = new(() =>
        [.. Objects("lines.jsonl.gz").Select(line => line.GetProperty("text").GetString()!)]);

    /// <summary>The names of the golden models.</summary>
    public static TheoryData<string> Models { get; } =
        new("bpe_bf0", "bpe_cf", "bpe_uds", "uni_bf0", "uni_bf1", "uni_keepws", "uni_uds");

    /// <summary>The lines, in file order.</summary>
    public static IReadOnlyList<string> Texts => LazyTexts.Value;

    /// <summary>Opens a golden model.</summary>
    public static SentencePieceModel Load(string model) => SentencePieceModel.Load(PathOf(model));

    /// <summary>The path of a golden model.</summary>
    public static string PathOf(string model) => Repository.Golden("sentencepiece", model + ".model");

    /// <summary>What the reference gives for each line: ids, and those ids decoded.</summary>
    public static IEnumerable<(int[] Ids, string Decoded)> Expected(string model)
        => Objects(model + ".expected.jsonl.gz").Select(line => (
            line.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(),
            line.GetProperty("decoded").GetString()!));

    /// <summary>The names of the small models, one a setting.</summary>
    public static TheoryData<string> Settings => [.. Directory.GetFiles(Repository.Golden("sentencepiece-settings"), "*.model")
        .Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    /// <summary>The lines of a small model, with what the reference makes of each.</summary>
    public static IEnumerable<JsonElement> ExpectedOfSetting(string model) => Objects(model + ".expected.jsonl.gz", "sentencepiece-settings");

    private static IEnumerable<JsonElement> Objects(string file, string folder = "sentencepiece")
    {
        using var stream = new GZipStream(File.OpenRead(Repository.Golden(folder, file)), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
