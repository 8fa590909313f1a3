using System.CommandLine;
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
            return Run(result, path, Tokenizer.Open(path));
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
            var given = new TokenizedLine(line.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries), [], [], UnknownId: -1);
            var taken = limit.Parts(given, line.Number, report)[0].Pieces;
            report.CountLine(taken.Count);
            var text = tokenizer.DecodePieces(taken);
            return asJson ? LineBytes.Of(json => json.BeginObject().Name("text").Text(text).EndObject()) : LineBytes.Of(text);
        }
    }
}
