namespace Galvani.Kernels;

/// <summary>The heads of an attention: query head h reads key and value head h · G / H (rounded down).</summary>
/// <param name="HeadCount">H.</param>
/// <param name="KeyValueHeadCount">G, 1 to H.</param>
/// <param name="HeadWidth">K.</param>
public readonly record struct AttentionShape(int HeadCount, int KeyValueHeadCount, int HeadWidth)
{
    /// <summary>H · K.</summary>
    public int QueryWidth => HeadCount * HeadWidth;

    /// <summary>G · K.</summary>
    public int KeyValueWidth => KeyValueHeadCount * HeadWidth;
}
