namespace Galvani.Text;

/// <summary>What a piece of a SentencePiece model is for; the numbers are those of the model file.</summary>
public enum PieceType
{
    /// <summary>An ordinary piece.</summary>
    Normal = 1,

    /// <summary>The one piece that stands for every text the model has no piece for.</summary>
    Unknown = 2,

    /// <summary>A symbol such as <c>&lt;s&gt;</c> that text never produces and that decodes to nothing.</summary>
    Control = 3,

    /// <summary>A symbol that is always kept whole and never normalised.</summary>
    UserDefined = 4,

    /// <summary>A piece that is never produced.</summary>
    Unused = 5,

    /// <summary>One byte, written <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>: what unknown text becomes under byte fallback.</summary>
    Byte = 6,
}
