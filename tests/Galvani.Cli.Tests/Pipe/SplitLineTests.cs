using System.Text;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>
/// Long lines that are worked on part by part, while they are cut into pieces. White space at the end of a line is no part of it, but makes it long: so the output has to be, byte for byte, that of the
/// line without it, which is worked on as a whole.
/// </summary>
public sealed class SplitLineTests
{
    private const string Text = "Мама мыла раму, \u16A0\u16A1\u16A2 и \"\\\" the house </s> 1234. Открыть файл и размер шрифта";
    private const string Pieces = "▁a5 ▁a6  x ▁a7 ▁a36 \u16A0 ▁a3 ▁a4 ▁a8";
    private static readonly string Padding = new(' ', 70_000);

    [Theory]
    [InlineData("translate|--beam-size|2|--max-length|8")]
    [InlineData("translate|--n-best|2|--beam-size|2|--max-length|8|--with-score|--report-align")]
    [InlineData("translate|--n-best|2|--beam-size|3|--max-length|8|--json|--attention|--report-align|--replace-unk")]
    [InlineData("translate|--beam-size|1|--max-length|8|--random-sampling-topk|5|--seed|3|--with-score")]
    [InlineData("encode")]
    [InlineData("encode|--pool")]
    [InlineData("encode|--layers|all|--json")]
    [InlineData("encode|--layers|static,1-2|--pool|--json")]
    [InlineData("embed")]
    [InlineData("embed|--json|--center")]
    [InlineData("embed|--json|--no-positions|--per-token|sum|--dimensions|3")]
    [InlineData("embed|--per-token|positions|--dimensions|3")]
    [InlineData("embed|--layer|1|--json|--dimensions|3")]
    [InlineData("embed|--layer|last|--per-token|sum|--dimensions|3")]
    public void Command_LongLine_PrintsWhatTheWholeLineGives(string line) => AssertSame(line, Text, "--on-long", "split");

    [Theory]
    [InlineData("embed|--json|--per-token|tokens|--dimensions|3|--on-long|cut")]
    [InlineData("embed|--layer|1|--json|--dimensions|3|--on-long|cut")]
    [InlineData("embed|--json|--no-positions|--on-long|cut")]
    public void Embed_LongLineThatIsCut_PrintsWhatTheWholeLineGives(string line) => AssertSame(line, Text);

    [Theory]
    [InlineData("lm", "score")]
    [InlineData("lm", "score|--json")]
    [InlineData("lm", "encode|--layers|all|--json")]
    [InlineData("lm", "encode|--pool")]
    [InlineData("lm", "generate|--max-length|3|--beam-size|1|--json")]
    [InlineData("base", "translate|--max-length|5|--json")]
    [InlineData("base", "embed|--json")]
    [InlineData("base", "embed|--no-positions")]
    public void Command_LongLineOfPieces_PrintsWhatTheWholeLineGives(string model, string line) =>
        AssertSame($"{line}|--pieces|--model|{Repository.Golden(model, "model.pt")}", Pieces, "--on-long", "split");

    /// <summary>States of as many layers as may wait in memory are of one run through the model: none, two, all.</summary>
    [Fact]
    public void PrintRows_WhateverMayWaitInMemory_IsTheSame()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var reader = new StateReader(model);
        var line = new InputLine(1, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Pieces + " ", 20))));
        StateLayer[] layers = [StateLayer.Static, StateLayer.Of(0), StateLayer.Of(1), StateLayer.Last];
        var layerBytes = new LongLineEncoder(reader, Tokens(), layers, 5, CancellationToken.None).Count(line) * model.Config.ModelWidth * sizeof(float);
        Assert.Single(((long[])[0, 2 * layerBytes, long.MaxValue / 2]).Select(Print).Distinct());

        LineTokens Tokens() => new(model, takesPieces: true);

        string Print(long mostWaitingBytes)
        {
            using var output = new MemoryStream();
            var json = new JsonText(output);
            json.BeginObject();
            var encoder = new LongLineEncoder(reader, Tokens(), layers, 5, CancellationToken.None) { MostWaitingBytes = mostWaitingBytes };
            encoder.PrintRows(line, encoder.Count(line), json, index => json.Name(layers[index].ToString()));
            json.EndObject().EndLine();
            return Encoding.UTF8.GetString(output.ToArray());
        }
    }

    [Theory]
    [InlineData("encode|--json")]
    [InlineData("translate|--max-length|3")]
    [InlineData("embed|--json")]
    public void Command_LongLineOfPiecesWithFeatures_PrintsWhatTheWholeLineGives(string line) =>
        AssertSame($"{line}|--pieces|--model|{Repository.Golden("features-sum", "model.pt")}", "▁a5￨F1￨F2 ▁a7￨F1￨F2 ▁a8￨F2￨F1 ▁a9￨F2￨F1", "--on-long", "split");

    [Theory]
    [InlineData("sample", "encode|--layers|0,last")]
    [InlineData("sample", "encode|--layers|all|--pool")]
    [InlineData("sample", "embed|--per-token|sum")]
    [InlineData("sample", "embed")]
    [InlineData("lm", "encode|--layers|all")]
    [InlineData("lm", "score|--log-probs")]
    public void Command_LongLine_WritesTheArraysOfTheWholeLine(string model, string line)
    {
        using var folder = new TemporaryFolder();
        string[] given = model == "sample" ? [] : ["--pieces", "--model", Repository.Golden(model, "model.pt")];
        var text = model == "sample" ? Text : Pieces;
        foreach (var (name, padding) in (ReadOnlySpan<(string, string)>)[("whole.npz", ""), ("parts.npz", Padding)])
        {
            string[] arguments = [.. line.Split('|'), .. given, "--max-source", "3", "--on-long", "split", "-o", folder.File(name)];
            var result = RunWith(Input(text, padding), arguments);
            Assert.True(result.ExitCode == 0, result.Error);
        }

        Assert.Equal(File.ReadAllBytes(folder.File("whole.npz")), File.ReadAllBytes(folder.File("parts.npz")));
    }

    /// <summary>The source ends at the tab, wherever the line does.</summary>
    [Fact]
    public void Translate_LongLineWithAPrefix_GivesWhatTheWholeLineGives()
    {
        string[] options = ["translate", "--target-prefix-column", "--max-length", "8", "--max-source", "5", "--on-long", "split"];
        var expected = RunWith($"{Text}\tThe\nМама\tA\n", options);
        Assert.True(expected.ExitCode == 0, expected.Error);
        Assert.Equal(expected.Output, RunWith($"{Text}{Padding}\tThe\nМама\tA\n", options).Output);
    }

    /// <summary>A line of many rows is read while it is written, though it is short in bytes.</summary>
    [Fact]
    public void Encode_SplitLineOfManyRows_JoinsTheRowsOfItsParts()
    {
        const int PartLength = 90;
        string[] pieces = [.. Enumerable.Range(0, 50 * PartLength).Select(i => $"▁a{i % 30}")];
        string[] options = ["encode", "--pieces", "--model", Repository.Golden("base", "model.pt")];
        var parts = RunWith(string.Concat(pieces.Chunk(PartLength).Select(part => $"{string.Join(' ', part)}\n")), options).Output.Split('\n')[..^1];
        var split = RunWith($"{string.Join(' ', pieces)}\n", [.. options, "--max-source", "90", "--on-long", "split"]);
        Assert.True(split.ExitCode == 0, split.Error);
        Assert.Equal($"[{string.Join(", ", parts.Select(rows => rows[1..^1]))}]\n", split.Output);
    }

    private static GalvaniResult RunWith(string input, params string[] arguments) => new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt }.Execute(arguments, Encoding.UTF8.GetBytes(input));

    private static void AssertSame(string line, string text, params string[] more)
    {
        string[] arguments = [.. line.Split('|'), "--max-source", "3", .. more];
        var whole = RunWith(Input(text, padding: ""), arguments);
        Assert.True(whole.ExitCode == 0, whole.Error);
        var parts = RunWith(Input(text, Padding), arguments);
        Assert.Equal(whole.Error, parts.Error);
        Assert.Equal(whole.Output, parts.Output.Replace(Padding, "", StringComparison.Ordinal));
    }

    /// <summary>A long line among others, one of them without tokens.</summary>
    private static string Input(string text, string padding)
    {
        var first = text.Split(' ')[0];
        return new StringBuilder().Append(first).Append('\n').Append(text).Append(padding).Append('\n').Append(padding).Append('\n').Append(first).Append('\n').ToString();
    }
}
