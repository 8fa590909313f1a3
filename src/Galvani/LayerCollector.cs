using Galvani.Models;

namespace Galvani;

/// <summary>Copies the states of some layers that a pass shows.</summary>
/// <param name="layers">Which.</param>
internal sealed class LayerCollector(IReadOnlyList<StateLayer> layers) : ForwardObserver
{
    private readonly Dictionary<StateLayer, float[]> collected = []; // [R, D]

    /// <inheritdoc/>
    public override void Embedded(ReadOnlySpan<float> states) => Take(StateLayer.Static, states);

    /// <inheritdoc/>
    public override void Layer(int layer, ReadOnlySpan<float> states) => Take(StateLayer.Of(layer), states);

    /// <summary>Ends the pass.</summary>
    /// <param name="last">[R, D], what comes out of it.</param>
    /// <returns>[R, D] of each layer, in the order in which they were asked for.</returns>
    public IReadOnlyList<float[]> With(ReadOnlySpan<float> last)
    {
        Take(StateLayer.Last, last);
        return [.. layers.Select(layer => collected[layer])];
    }

    private void Take(StateLayer layer, ReadOnlySpan<float> states)
    {
        if (layers.Contains(layer))
            collected[layer] = states.ToArray();
    }
}
