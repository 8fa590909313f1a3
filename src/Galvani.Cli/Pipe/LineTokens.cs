using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>A line's tokens and what a limit leaves of them.</summary>
/// <param name="Whole">All tokens; of a line that is cut those that are left.</param>
/// <param name="Parts">What is worked on by itself: the line, what is left of it, or its parts.</param>
/// <param name="Count">The number of the line's tokens before it was cut.</param>
internal sealed record LineParts(TokenizedLine Whole, IReadOnlyList<TokenizedLine> Parts, int Count);

/// <summary>From lines to a model's tokens; an error of a line names it. Safe for use by several threads.</summary>
/// <param name="model">The model.</param>
/// <param name="takesPieces">Whether lines are ready-made pieces.</param>
/// <param name="cancellationToken">Ends the cutting of long lines.</param>
internal sealed class LineTokens(NmtModel model, bool takesPieces, CancellationToken cancellationToken = default)
{
    /// <summary>The tokens of a line.</summary>
    /// <exception cref="CommandException">The line is not what the model takes.</exception>
    public TokenizedLine Of(InputLine line) => Of(line.Utf8.Span, line.Number);

    /// <summary>The tokens of a part of a line.</summary>
    /// <param name="utf8">The part.</param>
    /// <param name="number">The line, 1-based.</param>
    /// <exception cref="CommandException">The line is not what the model takes.</exception>
    public TokenizedLine Of(ReadOnlySpan<byte> utf8, long number)
    {
        try
        {
            return takesPieces ? model.TakePieces(Encoding.UTF8.GetString(utf8)) : model.Tokenize(utf8, int.MaxValue, out _, cancellationToken);
        }
        catch (ArgumentException exception)
        {
            throw Problem(number, exception);
        }
    }

    /// <summary>Hands the tokens of a line on one by one, without source features.</summary>
    /// <exception cref="CommandException">The line is not what the model takes.</exception>
    public void Send(InputLine line, IPieceReceiver receiver)
    {
        try
        {
            if (takesPieces)
                model.TakePiecesTo(line.Utf8.Span, receiver);
            else
                model.TokenizeTo(line.Utf8.Span, receiver, cancellationToken);
        }
        catch (ArgumentException exception)
        {
            throw Problem(line.Number, exception);
        }
    }

    /// <summary>Hands the tokens of a line on in parts, as they are found: the whole line is never in memory as tokens, unless the model has source features.</summary>
    /// <param name="line">The line.</param>
    /// <param name="partLength">The tokens of a part; the last has fewer.</param>
    /// <param name="take">Takes a part, and whether it is the last; not called for a line without tokens.</param>
    /// <returns>The number of the line's tokens.</returns>
    /// <exception cref="CommandException">The line is not what the model takes.</exception>
    public int SendParts(InputLine line, int partLength, Action<TokenizedLine, bool> take)
    {
        if (model.Config.FeatureCount == 0)
        {
            var collector = new PartCollector(model.SourceVocabulary, partLength, hasRanges: !takesPieces, take);
            Send(line, collector);
            collector.Complete();
            return collector.Count;
        }

        var whole = Of(line);
        for (var start = 0; start < whole.Ids.Count; start += partLength)
            take(LineLimit.Part(whole, start, partLength), start + partLength >= whole.Ids.Count);
        return whole.Ids.Count;
    }

    /// <summary>The tokens of a line within a limit: of a line that is longer, and that is not split, no more is made than the limit lets through.</summary>
    /// <param name="utf8">The line, or a part of it.</param>
    /// <param name="number">The line, 1-based.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="report">Counts lines that are longer.</param>
    /// <exception cref="CommandException">The line is not what the model takes, or it is longer and that is an error.</exception>
    public LineParts Within(ReadOnlySpan<byte> utf8, long number, LineLimit limit, RunReport report)
    {
        if (limit.Maximum is not { } maximum || limit.IsSplit || utf8.Length < InputLine.LongBytes)
        {
            var whole = Of(utf8, number);
            var parts = limit.Parts(whole, number, report);
            return new LineParts(parts.Count == 1 ? parts[0] : whole, parts, whole.Ids.Count);
        }

        var first = First(utf8, number, maximum, out var count);
        var kept = first.Ids.Count > maximum ? limit.Parts(first, number, report)[0] : limit.Kept(first, count, number, report);
        return new LineParts(kept, [kept], count);
    }

    private TokenizedLine First(ReadOnlySpan<byte> utf8, long number, int most, out int count)
    {
        try
        {
            return takesPieces ? model.TakePieces(Encoding.UTF8.GetString(utf8), most, out count) : model.Tokenize(utf8, most, out count, cancellationToken);
        }
        catch (ArgumentException exception)
        {
            throw Problem(number, exception);
        }
    }

    /// <summary>The tokens of texts that are given one by one, which are numbered from 1.</summary>
    /// <exception cref="CommandException">A text is not what the model takes.</exception>
    public IReadOnlyList<TokenizedLine> OfAll(IEnumerable<string> texts) => [.. texts.Select((text, index) => Of(Encoding.UTF8.GetBytes(text), index + 1))];

    /// <summary>The error of a line, by its number.</summary>
    public static CommandException Problem(long number, ArgumentException exception) => new($"Line {number}: {Failure.WithoutParameter(exception)}");
}
