using System.Globalization;
using Galvani.Cli.Output;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>How the pieces of a line are printed.</summary>
internal enum PieceForm
{
    /// <summary>The pieces, separated by spaces.</summary>
    Pieces,

    /// <summary>Their ids, separated by spaces.</summary>
    Ids,

    /// <summary>A JSON object of pieces, ids and offsets.</summary>
    Object,
}

/// <summary>Prints the pieces of a long line as they are found, so that they are never in memory together: once through the line for each list that is printed, and once to count where there is a limit.</summary>
/// <param name="tokenize">Hands the pieces of a line on; without ids they have -1.</param>
/// <param name="form">What is printed.</param>
/// <param name="limit">The most pieces.</param>
/// <param name="report">Counts.</param>
internal sealed class LongLineWriter(Action<InputLine, IPieceReceiver> tokenize, PieceForm form, LineLimit limit, RunReport report)
{
    /// <summary>Prints a line.</summary>
    /// <exception cref="Hosting.CommandException">The line is longer than the limit, and that is an error.</exception>
    public void Write(InputLine line, Stream output)
    {
        var most = int.MaxValue;
        if (limit.Maximum is { } maximum)
        {
            var all = new PieceCounter(int.MaxValue);
            tokenize(line, all);
            if (!limit.Admits(all.Count, line.Number))
                report.CountLongLine();
            most = maximum;
        }

        report.CountLine(form == PieceForm.Object ? WriteObject(line, most, output) : WriteText(line, most, output));
    }

    private int WriteText(InputLine line, int most, Stream output)
    {
        PieceCounter receiver = form == PieceForm.Ids ? new IdText(most, output) : new PieceText(most, output);
        tokenize(line, receiver);
        output.Write("\n"u8);
        return receiver.Count;
    }

    private int WriteObject(InputLine line, int most, Stream output)
    {
        var json = new JsonText(output);
        var pieces = new JsonPieces(json, receiver => tokenize(line, receiver), most);
        json.BeginObject().Name("pieces");
        var count = pieces.WritePieces();
        json.Name("ids");
        pieces.WriteIds();
        json.Name("offsets");
        pieces.WriteOffsets();
        json.EndObject().EndLine();
        return count;
    }

    private sealed class PieceText(int most, Stream output) : PieceCounter(most)
    {
        public override bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
        {
            PlainText.WriteOneLine(utf8, output);
            return true;
        }

        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (Count > 1)
                output.Write(" "u8);
            PlainText.WriteOneLine(utf8, output);
        }
    }

    private sealed class IdText(int most, Stream output) : PieceCounter(most)
    {
        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (id < 0)
                return;
            if (Count > 1)
                output.Write(" "u8);
            Span<byte> digits = stackalloc byte[11];
            id.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
            output.Write(digits[..length]);
        }
    }
}
