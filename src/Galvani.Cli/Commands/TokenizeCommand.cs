using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Text;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani tokenize</c>: text to pieces and ids.</summary>
internal sealed class TokenizeCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly CutOptions cut = new();
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces; features behind ￨ for models that have them. They get their ids." };
    private readonly Option<bool> ids = new("--ids") { Description = "Print ids instead of pieces." };
    private readonly Option<string?> vocabulary = new("--vocabulary") { Description = "With subword-nmt codes: pieces outside this vocabulary are split further.", HelpName = "FILE" };
    private readonly Option<int> threshold = new("--vocabulary-threshold") { Description = "The frequency from which a piece of --vocabulary counts.", HelpName = "N" };

    public TokenizeCommand(Interruption interruption)
        : base("tokenize", "Cuts lines into pieces. --model gives the checkpoint's ids; --tokenizer alone is the tokenizer by itself, with its own ids.")
    {
        this.interruption = interruption;
        Register(lines.Text);
        foreach (var option in (Option[])[.. models.All, .. lines.All, .. cut.All, pieces, ids, vocabulary, threshold])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani tokenize 'Мама мыла раму'",
        "galvani tokenize --json 'Мама мыла раму'",
        "galvani tokenize --tokenizer sentencepiece.model --source corpus.txt > pieces.txt",
    ];

    protected override int Execute(ParseResult result)
    {
        if (WithoutEffect.IsGiven(result, threshold) && result.GetValue(vocabulary) is null)
            throw new UsageException("--vocabulary-threshold goes with --vocabulary.");
        WithoutEffect.Say(result, "--json shows pieces and ids", result.GetValue(lines.Json) ? [ids] : []);
        WithoutEffect.Say(result, "no layer is run", models.Rotary, models.Compute);
        if (result.GetValue(models.Tokenizer) is { } path && result.GetValue(models.Model) is null)
        {
            WithoutEffect.Say(result, "--tokenizer without --model is the tokenizer by itself", models.Transforms, models.Corpus, models.SourcePrefix, models.SourceFeatureDefaults, models.Limits.Option);
            return RunAlone(result, path);
        }

        if (WithoutEffect.IsGiven(result, vocabulary))
            throw new UsageException("--vocabulary goes with --tokenizer and without --model.");
        using var model = models.Open(result);
        var tokens = new LineTokens(model, result.GetValue(pieces), interruption.Token);
        return Run(result, model.Checkpoint.Checkpoint.FilePath, tokens.Of, result.GetValue(pieces) ? null : tokens.Send);
    }

    private int RunAlone(ParseResult result, string path)
    {
        var tokenizer = Tokenizer.Open(path);
        if (result.GetValue(vocabulary) is { } list)
        {
            if (tokenizer is not SubwordNmtModel codes)
                throw new UsageException("--vocabulary goes with subword-nmt codes.");
            tokenizer = codes.WithVocabulary(list, result.GetValue(threshold));
        }

        var unknownId = (tokenizer as SentencePieceModel)?.UnknownId ?? -1;
        if (result.GetValue(pieces))
            return Run(result, path, line => TakePieces(tokenizer, line.Text.Trim(), unknownId), send: null);
        return Run(result, path, Tokenize, Send);

        TokenizedLine Tokenize(InputLine line)
        {
            var tokenized = tokenizer.Encode(line.Utf8.Span);
            return new TokenizedLine(tokenized.Pieces, tokenized.Ids, tokenized.Offsets, unknownId);
        }

        void Send(InputLine line, IPieceReceiver receiver)
        {
            try
            {
                tokenizer.EncodeTo(line.Utf8.Span, receiver, interruption.Token);
            }
            catch (ArgumentException exception)
            {
                throw LineTokens.Problem(line.Number, exception);
            }
        }
    }

    /// <summary>Ready-made pieces with the tokenizer's ids, of which subword-nmt codes have none.</summary>
    private static TokenizedLine TakePieces(Tokenizer tokenizer, string line, int unknownId)
    {
        string[] given = line.Length == 0 ? [] : line.Split(' ');
        int[] found = tokenizer is SentencePieceModel model ? Array.ConvertAll(given, piece => model.TryGetId(piece, out var id) ? id : unknownId) : [];
        return new TokenizedLine(given, found, [], unknownId);
    }

    /// <summary>Runs over the lines.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="path">The model, for the report.</param>
    /// <param name="tokenize">The tokens of a line.</param>
    /// <param name="send">Hands the tokens of a long line on one by one; null where that is not needed.</param>
    private int Run(ParseResult result, string path, Func<InputLine, TokenizedLine> tokenize, Action<InputLine, IPieceReceiver>? send)
    {
        using var output = Standard.OpenStream();
        var report = new RunReport(Name, path, [.. result.Tokens.Select(token => token.Value)]);
        var limit = cut.Create(result);
        var form = result.GetValue(lines.Json) ? PieceForm.Object : result.GetValue(ids) ? PieceForm.Ids : PieceForm.Pieces;
        var longLines = send is null ? null : new LongLineWriter(send, form, limit, report);
        return lines.Run<Action<Stream>>(result, report, interruption, Work, write => write(output), output.Flush, BatchSize.Fixed);

        Action<Stream> Work(InputLine line)
        {
            if (longLines is not null && line.IsLong)
                return stream => longLines.Write(line, stream);
            var tokenized = limit.Parts(tokenize(line), line.Number, report)[0];
            report.CountLine(tokenized.Pieces.Count);
            var bytes = Print(tokenized, form);
            return stream => stream.Write(bytes);
        }
    }

    private static byte[] Print(TokenizedLine tokenized, PieceForm form) => form switch
    {
        PieceForm.Pieces => LineBytes.Of(string.Join(' ', tokenized.Pieces)),
        PieceForm.Ids => LineBytes.Of(string.Join(' ', tokenized.Ids.Select(id => id.ToString(System.Globalization.CultureInfo.InvariantCulture)))),
        _ => LineBytes.Of(json =>
        {
            json.BeginObject().Name("pieces").Texts(tokenized.Pieces).Name("ids").Numbers64(tokenized.Ids.Select(id => (long)id)).Name("offsets").BeginArray();
            foreach (var offset in tokenized.Offsets)
                json.BeginArray().Number(offset.Start).Number(offset.End).EndArray();
            json.EndArray().EndObject();
        }),
    };
}
