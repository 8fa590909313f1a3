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
            var all = new Counter(int.MaxValue);
            tokenize(line, all);
            if (!limit.Admits(all.Count, line.Number))
                report.CountLongLine();
            most = maximum;
        }

        report.CountLine(form == PieceForm.Object ? WriteObject(line, most, output) : WriteText(line, most, output));
    }

    private int WriteText(InputLine line, int most, Stream output)
    {
        Counter receiver = form == PieceForm.Ids ? new IdText(most, output) : new PieceText(most, output);
        tokenize(line, receiver);
        output.Write("\n"u8);
        return receiver.Count;
    }

    private int WriteObject(InputLine line, int most, Stream output)
    {
        var json = new JsonText(output);
        var (pieces, ids, offsets) = (new PieceList(most, json), new IdList(most, json), new OffsetList(most, json));
        json.BeginObject().Name("pieces").BeginArray();
        tokenize(line, pieces);
        pieces.Complete();
        json.EndArray().Name("ids").BeginArray();
        tokenize(line, ids);
        json.EndArray().Name("offsets").BeginArray();
        tokenize(line, offsets);
        offsets.Complete();
        json.EndArray().EndObject().EndLine();
        return pieces.Count;
    }

    /// <summary>Counts pieces up to a number. What comes behind the last that is wanted is asked for, too: the last may go on.</summary>
    private class Counter(int most) : IPieceReceiver
    {
        /// <summary>The pieces so far.</summary>
        public int Count { get; private set; }

        public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (Count == most)
                return false;
            Count++;
            Take(id, utf8, range);
            return true;
        }

        public virtual bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => true;

        protected virtual void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
        }
    }

    private sealed class PieceText(int most, Stream output) : Counter(most)
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

    private sealed class IdText(int most, Stream output) : Counter(most)
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

    private sealed class PieceList(int most, JsonText json) : Counter(most)
    {
        public override bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
        {
            json.PartOfText(utf8);
            return true;
        }

        /// <summary>Ends the last piece.</summary>
        public void Complete()
        {
            if (Count > 0)
                json.EndText();
        }

        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (Count > 1)
                json.EndText();
            json.BeginText().PartOfText(utf8);
        }
    }

    private sealed class IdList(int most, JsonText json) : Counter(most)
    {
        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (id >= 0)
                json.Number(id);
        }
    }

    private sealed class OffsetList(int most, JsonText json) : Counter(most)
    {
        private TextRange last; // it may go on

        public override bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
        {
            last = last with { End = rangeEnd };
            return true;
        }

        /// <summary>Prints the last range.</summary>
        public void Complete()
        {
            if (Count > 0)
                Print();
        }

        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (Count > 1)
                Print();
            last = range;
        }

        private void Print() => json.BeginArray().Number(last.Start).Number(last.End).EndArray();
    }
}
