using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.Weights;

/// <summary>The numbers of a small tensor as float32, read when they are first asked for. May be read by many threads.</summary>
internal sealed class Parameter
{
    private readonly Lazy<float[]> values;

    /// <param name="view">The tensor; its checkpoint must stay open until the numbers were read.</param>
    public Parameter(TensorView view) => values = new Lazy<float[]>(view.ToSingles);

    /// <summary>The numbers, row-major.</summary>
    public ReadOnlySpan<float> Values => values.Value;
}
