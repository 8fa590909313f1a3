using System.CommandLine;
using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Text;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani detokenize</c>: pieces to text.</summary>
internal sealed class DetokenizeCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly CutOptions cut = new();
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces: they always are here." };

    public DetokenizeCommand(Interruption interruption)
        : base("detokenize", "Puts lines of pieces, separated by spaces, together to text. A string that is no piece is copied as it is.")
    {
        this.interruption = interruption;
        Register(lines.Text);
        foreach (var option in (Option[])[models.Model, models.Tokenizer, models.Limits.Option, .. lines.All, .. cut.All, pieces])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani detokenize '▁Мама ▁мы ла ▁ра му'",
        "galvani detokenize --tokenizer sentencepiece.model < pieces.txt > text.txt",
    ];

    protected override int Execute(ParseResult result)
    {
        if (result.GetValue(models.Tokenizer) is { } path)
        {
            WithoutEffect.Say(result, "--tokenizer alone puts pieces together", models.Model, models.Limits.Option);
            return Run(result, path, Tokenizer.Open(path));
        }

        using var model = models.Open(result);
        var tokenizer = model.Tokenizer ?? throw new CommandException("This model has no tokenizer that is found: give --tokenizer.");
        return Run(result, model.Checkpoint.Checkpoint.FilePath, tokenizer);
    }

    private int Run(ParseResult result, string path, Tokenizer tokenizer)
    {
        using var output = Standard.OpenStream();
        var report = new RunReport(Name, path, [.. result.Tokens.Select(token => token.Value)]);
        var limit = cut.Create(result);
        var asJson = result.GetValue(lines.Json);
        return lines.Run(result, report, interruption, Work, bytes => output.Write(bytes), output.Flush, BatchSize.Fixed);

        byte[] Work(InputLine line)
        {
            var count = Pieces(line.Utf8).Count();
            if (!limit.Admits(count, line.Number))
                report.CountLongLine();
            report.CountLine(Math.Min(count, limit.Maximum ?? count));
            var text = tokenizer.DecodePieces(Pieces(line.Utf8).Take(limit.Maximum ?? count).Select(piece => Encoding.UTF8.GetString(piece.Span)));
            return asJson ? LineBytes.Of(json => json.BeginObject().Name("text").Text(text).EndObject()) : LineBytes.Of(text);
        }
    }
    /// <summary>What stands between spaces, one after the other: the strings of a long line need not be in memory together.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> utf8)
    {
        for (var start = 0; start < utf8.Length;)
        {
            var length = utf8.Span[start..].IndexOf((byte)' ') is >= 0 and var space ? space : utf8.Length - start;
            if (length > 0)
                yield return utf8.Slice(start, length);
            start += length + 1;
        }
    }
}
