using Galvani.Cli.Output;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>What is told of a line's pieces in JSON, printed while the pieces are found: once through the line for each list, but for the ids, of which nearly all lines' are kept while the pieces are printed.</summary>
/// <param name="json">Takes the lists.</param>
/// <param name="tokenize">Hands the line's pieces on; without ids they have -1.</param>
/// <param name="most">How many pieces are printed.</param>
internal sealed class JsonPieces(JsonText json, Action<IPieceReceiver> tokenize, int most = int.MaxValue)
{
    private KeptIds? kept;

    /// <summary>Prints the pieces' texts.</summary>
    /// <returns>Their number.</returns>
    public int WritePieces()
    {
        kept = new KeptIds();
        var list = new PieceList(most, json, kept);
        json.BeginArray();
        tokenize(list);
        list.Complete();
        json.EndArray();
        return list.Count;
    }

    /// <summary>Prints the pieces' ids, where they have any.</summary>
    public void WriteIds()
    {
        json.BeginArray();
        if (kept is { HasAll: true })
            kept.Send(id => json.Number(id));
        else
            tokenize(new IdList(most, json));
        json.EndArray();
        kept = null;
    }

    /// <summary>Prints where the pieces come from.</summary>
    public void WriteOffsets()
    {
        var list = new OffsetList(most, json);
        json.BeginArray();
        tokenize(list);
        list.Complete();
        json.EndArray();
    }

    private sealed class PieceList(int most, JsonText json, KeptIds kept) : PieceCounter(most)
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
            if (id >= 0)
                kept.Add(id);
        }
    }

    private sealed class IdList(int most, JsonText json) : PieceCounter(most)
    {
        protected override void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            if (id >= 0)
                json.Number(id);
        }
    }

    private sealed class OffsetList(int most, JsonText json) : PieceCounter(most)
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
