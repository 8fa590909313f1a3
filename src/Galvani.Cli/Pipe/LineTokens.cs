using System.Text;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>From lines to a model's tokens; an error of a line names it. Safe for use by several threads.</summary>
/// <param name="model">The model.</param>
/// <param name="takesPieces">Whether lines are ready-made pieces.</param>
internal sealed class LineTokens(NmtModel model, bool takesPieces)
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
            return takesPieces ? model.TakePieces(Encoding.UTF8.GetString(utf8)) : model.Tokenize(utf8);
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
