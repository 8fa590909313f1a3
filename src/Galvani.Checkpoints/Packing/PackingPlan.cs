using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>What a <c>.galvani</c> file is to hold.</summary>
/// <param name="Root">The object tree.</param>
/// <param name="Stacks">The projections to pack.</param>
/// <param name="Kept">Tensors of stacks that are needed as they are, too, such as an embedding that is also the output projection.</param>
/// <param name="Format">How projections are held, but those on which most depends.</param>
public sealed record PackingPlan(PickleValue Root, IReadOnlyList<WeightStack> Stacks, IReadOnlySet<TensorView> Kept, ProductFormat Format);
