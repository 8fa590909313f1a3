namespace Galvani.Text.SentencePiece;

/// <summary>Cuts normalised text, given as <see cref="SentencePieceWorkspace.Characters"/>, into segments. Immutable.</summary>
internal abstract class PieceEncoder
{
    /// <summary>Fills <see cref="SentencePieceWorkspace.Segments"/>, in text order; there is at least one character.</summary>
    public abstract void Encode(SentencePieceWorkspace workspace);
}
