using Galvani.Models.Layers;

namespace Galvani.Models;

/// <summary>Sees what a pass computes on its way. What is handed over is valid during the call only. The methods do nothing here: a subclass takes what it wants.</summary>
internal abstract class ForwardObserver
{
    /// <summary>The embedded tokens.</summary>
    /// <param name="states">[R, D].</param>
    public virtual void Embedded(ReadOnlySpan<float> states)
    {
    }

    /// <summary>The output of a layer.</summary>
    /// <param name="layer">0-based.</param>
    /// <param name="states">[R, D].</param>
    public virtual void Layer(int layer, ReadOnlySpan<float> states)
    {
    }

    /// <summary>The self-attention of a row.</summary>
    /// <param name="layer">0-based.</param>
    /// <param name="row">The row of the pass.</param>
    /// <param name="keys">The N keys it saw.</param>
    /// <param name="weights">[H, N].</param>
    public virtual void SelfAttention(int layer, int row, VisibleKeys keys, ReadOnlySpan<float> weights)
    {
    }

    /// <summary>The cross-attention of a row.</summary>
    /// <param name="layer">0-based.</param>
    /// <param name="row">The row of the pass.</param>
    /// <param name="weights">[H, S].</param>
    public virtual void CrossAttention(int layer, int row, ReadOnlySpan<float> weights)
    {
    }
}
