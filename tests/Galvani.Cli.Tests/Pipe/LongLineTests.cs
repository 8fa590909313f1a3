using System.Text;
using System.Text.Json;
using Galvani.Cli.Output;
using Galvani.Text;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Lines that are worked on piece by piece: the output of any line.</summary>
public sealed class LongLineTests
{
    private static readonly string Line = string.Concat(Enumerable.Repeat("Мама мыла раму, \u16A0\u16A1 и \"\\\" the house </s> 1234 ", 1500)) + new string('\u16A0', 70_000);

    [Theory]
    [InlineData("sample")]
    [InlineData("uni_bf1")]
    [InlineData("bpe_bf0")]
    [InlineData("codes")]
    public void Tokenize_LongLine_PrintsWhatTheLibraryGives(string name)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var path = name == "codes" ? Repository.Golden("bpe", "codes.txt") : name == "sample" ? null : Repository.Golden("sentencepiece", $"{name}.model");
        var text = path is null ? null : Tokenizer.Open(path).Encode(Line);
        var expected = text is null ? model.Tokenize(Line) : new TokenizedLine(text.Pieces, text.Ids, text.Offsets, UnknownId: -1);
        string[] tokenizer = path is null ? [] : ["--tokenizer", path];
        var input = $"a\n{Line}\n\n";
        Assert.Equal($"{string.Join(' ', expected.Pieces)}", Lines(input, tokenizer)[1]);
        Assert.Equal($"{string.Join(' ', expected.Ids)}", Lines(input, ["--ids", .. tokenizer])[1]);
        var json = JsonDocument.Parse(Lines(input, ["--json", .. tokenizer])[1]).RootElement;
        Assert.Equal(expected.Pieces, json.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString()));
        Assert.Equal(expected.Ids, json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(expected.Offsets, json.GetProperty("offsets").EnumerateArray().Select(range => new TextRange(range[0].GetInt32(), range[1].GetInt32())));
        Assert.Equal(string.Join(' ', expected.Pieces.Take(50)), Lines(input, ["--max-source", "50", "--on-long", "cut", .. tokenizer])[1]);
        var refused = GalvaniProcess.RunWith(input, ["tokenize", "--max-source", "50", .. tokenizer]);
        Assert.Equal(1, refused.ExitCode);
        Assert.EndsWith($"galvani: Line 2 has {expected.Pieces.Count} pieces, the limit is 50; --on-long cut shortens such lines.\n", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("translate")]
    [InlineData("encode")]
    [InlineData("score", "--target", "TARGETS")]
    [InlineData("embed")]
    [InlineData("embed", "--json")]
    [InlineData("embed", "--pieces")]
    [InlineData("translate", "--pieces")]
    public void Command_LineThatIsTooLong_SaysHowLongItIs(params string[] arguments)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("TARGETS"), "a\nb\n");
        var count = (arguments[^1] == "--pieces" ? model.TakePieces(Line) : model.Tokenize(Line)).Pieces.Count;
        var result = new GalvaniProcess { WorkingFolder = folder.Root }.Execute(arguments, Encoding.UTF8.GetBytes($"a\n{Line}\n"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"galvani: Line 2 has {count} pieces, the limit is 5000; --on-long cut", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encode", "--pool")]
    [InlineData("encode", "--pool", "--json")]
    [InlineData("embed")]
    [InlineData("embed", "--json")]
    public void Command_LineThatIsCut_GivesWhatTheCutLineGives(params string[] arguments)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        string[] options = [.. arguments, "--max-source", "7", "--on-long", "cut"];
        var vector = Vector(GalvaniProcess.RunWith($"{Line}\n", options).Output);
        var kept = string.Join(' ', model.Tokenize(Line).Pieces.Take(7));
        Assert.Equal(Vector(GalvaniProcess.RunWith($"{kept}\n", [.. arguments, "--pieces"]).Output), vector);
    }

    [Fact]
    public void Detokenize_LongLine_GivesTheTextAndTheLimitsError()
    {
        var pieces = SentencePieceModel.Load(Repository.Sample("sentencepiece.model")).Encode(Line).Pieces;
        var input = $"▁Ма ма\n{string.Join("  ", pieces)}\n";
        var expected = SentencePieceModel.Load(Repository.Sample("sentencepiece.model")).DecodePieces(pieces);
        Assert.Equal($"Мама\n{expected}\n", GalvaniProcess.RunWith(input, "detokenize").Output);
        Assert.EndsWith($"Line 2 has {pieces.Count} pieces, the limit is 2; --on-long cut shortens such lines.\n", GalvaniProcess.RunWith(input, "detokenize", "--max-source", "2").Error, StringComparison.Ordinal);
        Assert.StartsWith("Мама\nМама\n", GalvaniProcess.RunWith(input, "detokenize", "--max-source", "2", "--on-long", "cut").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a\nb\rc\u0085d\u2028e\u2029f")]
    [InlineData("\u00C5\u00E8 \u4E28 \u0085")]
    public void WriteOneLine_Separators_BecomeSpacesAsInAString(string text)
    {
        using var output = new MemoryStream();
        PlainText.WriteOneLine(Encoding.UTF8.GetBytes(text), output);
        Assert.Equal(PlainText.OneLine(text), Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void PartOfText_AllCharacters_IsTheTextInOne()
    {
        string[] parts = ["a", "\"", "\\", "\n", "\u007F", "\u0085", "\u2028", "\u4E28", "é", "\U0001F600"];
        using var whole = new MemoryStream();
        using var inParts = new MemoryStream();
        var json = new JsonText(inParts).BeginArray().BeginText();
        foreach (var part in parts)
            json.PartOfText(Encoding.UTF8.GetBytes(part));
        json.EndText().Number(-12).EndArray().EndLine();
        new JsonText(whole).BeginArray().Text(string.Concat(parts)).Number(-12).EndArray().EndLine();
        Assert.Equal(whole.ToArray(), inParts.ToArray());
    }

    /// <summary>Characters with a byte that escaped ones have, alone and around those.</summary>
    [Theory]
    [InlineData("\u0645\u00C5\u2168\u4E28\u2029x")]
    [InlineData("\u0645\u0085")]
    [InlineData("\u2168\u2028\u0645")]
    [InlineData("\u0645\u0628\u0629\u2168\u2160\u00A8\u00A9\uFDA8")]
    [InlineData("\u0645\u0645\u0645\"")]
    public void PartOfText_CharactersWithBytesOfEscapedOnes_IsAsOfAString(string text)
    {
        using var whole = new MemoryStream();
        using var part = new MemoryStream();
        new JsonText(whole).Text(text).EndLine();
        new JsonText(part).BeginText().PartOfText(Encoding.UTF8.GetBytes(text)).EndText().EndLine();
        Assert.Equal(whole.ToArray(), part.ToArray());
    }

    private static string[] Lines(string input, string[] options)
    {
        var result = GalvaniProcess.RunWith(input, ["tokenize", .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.Split('\n');
    }

    private static string Vector(string output)
    {
        var root = JsonDocument.Parse(output).RootElement;
        while (root.ValueKind == JsonValueKind.Object)
            root = root.TryGetProperty("vector", out var vector) ? vector : root.TryGetProperty("states", out var states) ? states : root.GetProperty("encoded");
        return root.GetRawText();
    }
}
