using System.Buffers;
using System.Text;
using Galvani.Text;

namespace Galvani;

/// <summary>Keeps the first pieces of a line, and counts all. The texts of a tokenizer's pieces are shared, not copied.</summary>
/// <param name="tokenizer">Where the ids are from; null where there are none.</param>
/// <param name="mostPieces">How many pieces are kept.</param>
internal sealed class PieceCollector(Tokenizer? tokenizer, int mostPieces = int.MaxValue) : IPieceReceiver
{
    private readonly SentencePieceModel? model = tokenizer as SentencePieceModel;
    private readonly ArrayBufferWriter<byte> run = new(); // the last piece, where it is unknown text that went on

    /// <summary>The pieces that were kept.</summary>
    public List<string> Pieces { get; } = [];

    /// <summary>Where they come from.</summary>
    public List<TextRange> Offsets { get; } = [];

    /// <summary>The number of all pieces.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        Complete();
        if (Count++ >= mostPieces)
            return true;
        Pieces.Add(model is not null && id >= 0 && id != model.UnknownId ? model.PieceAt(id) : Encoding.UTF8.GetString(utf8));
        Offsets.Add(range);
        return true;
    }

    /// <summary>Takes pieces that stand in a text, separated by spaces; they have no ranges.</summary>
    public void AddWords(ReadOnlySpan<char> words)
    {
        Complete();
        foreach (var range in words.Split(' '))
        {
            var word = words[range];
            if (word.IsEmpty || Count++ >= mostPieces)
                continue;
            Pieces.Add(word.ToString());
            Offsets.Add(default);
        }
    }

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
    {
        if (Count > mostPieces)
            return true;
        if (run.WrittenCount == 0)
            Encoding.UTF8.GetBytes(Pieces[^1], run);
        run.Write(utf8);
        Offsets[^1] = Offsets[^1] with { End = rangeEnd };
        return true;
    }

    /// <summary>Finishes the last piece.</summary>
    public void Complete()
    {
        if (run.WrittenCount == 0)
            return;
        Pieces[^1] = Encoding.UTF8.GetString(run.WrittenSpan);
        run.ResetWrittenCount();
    }
}
