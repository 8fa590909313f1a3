using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>Tensors that are packed as one projection.</summary>
/// <param name="Tensors">[N_i, K] each, in the order they are stacked; views of the tree that is written.</param>
/// <param name="Rows">Gives their rows one after the other.</param>
/// <param name="Format">How the projection is held.</param>
public sealed record WeightStack(IReadOnlyList<TensorView> Tensors, IWeightRows Rows, ProductFormat Format)
{
    /// <summary>N, the rows of all tensors.</summary>
    internal int OutputWidth => checked((int)Tensors.Sum(tensor => tensor.Shape[0]));

    /// <summary>K.</summary>
    internal int InputWidth => checked((int)Tensors[0].Shape[1]);
}
