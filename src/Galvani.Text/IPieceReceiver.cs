namespace Galvani.Text;

/// <summary>Takes the pieces of a text one by one, in text order, so that a text of any length can be worked on in little memory.</summary>
public interface IPieceReceiver
{
    /// <summary>Takes a piece.</summary>
    /// <param name="id">Its id; -1 where there are no ids.</param>
    /// <param name="utf8">Its text, valid during the call; of a run of text that is unknown to the tokenizer the beginning.</param>
    /// <param name="range">Where it comes from, as <see cref="TokenizedText.Offsets"/> has it; of a run the range of the beginning.</param>
    /// <returns>Whether more is wanted; nothing comes after a false.</returns>
    bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range);

    /// <summary>Takes more of the last piece, which is a run of unknown text.</summary>
    /// <param name="utf8">What the piece goes on with, valid during the call.</param>
    /// <param name="rangeEnd">Where the piece now ends in the input.</param>
    /// <returns>Whether more is wanted.</returns>
    bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd);
}
