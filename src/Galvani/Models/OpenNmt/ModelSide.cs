namespace Galvani.Models.OpenNmt;

/// <summary>A side of an encoder-decoder model.</summary>
public enum ModelSide
{
    /// <summary>The source side.</summary>
    Encoder,

    /// <summary>The target side; a language model's only one.</summary>
    Decoder,
}
