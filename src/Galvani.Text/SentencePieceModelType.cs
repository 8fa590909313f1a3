namespace Galvani.Text;

/// <summary>How a SentencePiece model cuts text; the numbers are those of the model file.</summary>
public enum SentencePieceModelType
{
    /// <summary>Unigram language model: the segmentation with the highest sum of piece scores (Viterbi).</summary>
    Unigram = 1,

    /// <summary>Byte pair encoding: characters merged pair by pair, best score first.</summary>
    Bpe = 2,

    /// <summary>Words between white space, no subwords.</summary>
    Word = 3,

    /// <summary>Single characters.</summary>
    Char = 4,
}
