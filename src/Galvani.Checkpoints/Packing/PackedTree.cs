using System.Diagnostics;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Packing;

/// <summary>
/// The tree of a <c>.galvani</c> file: packed tensors get float32 storages of their own, whose numbers are in their projections. A storage that a tensor outside the stacks uses, or one that is
/// kept, stays, and the projection holds a second copy.
/// </summary>
internal sealed class PackedTree
{
    private readonly Dictionary<TensorView, StorageView> places = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorView, string> paths = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="ArgumentException">A stacked tensor is not in the tree.</exception>
    public PackedTree(PackingPlan plan)
    {
        var tensors = new TensorLister(CheckpointLimits.Default, new PickleBudget(CheckpointLimits.Default, fileBytes: long.MaxValue), fileBytes: long.MaxValue, path: "", entry: null).List(plan.Root);
        foreach (var tensor in tensors)
            paths.TryAdd(tensor.View, tensor.ObjectPath);
        var stacked = new HashSet<TensorView>(plan.Stacks.SelectMany(stack => stack.Tensors), ReferenceEqualityComparer.Instance);
        var staying = new HashSet<StorageView>(tensors.Where(tensor => !stacked.Contains(tensor.View) || plan.Kept.Contains(tensor.View)).Select(tensor => tensor.View.Storage), ReferenceEqualityComparer.Instance);
        foreach (var view in stacked)
        {
            if (!paths.ContainsKey(view))
                throw new ArgumentException("A tensor is stacked that is not in the tree.", nameof(plan));
            if (!staying.Contains(view.Storage))
                places.Add(view, StorageView.Computed(DType.Float32, view.ElementCount, (_, _) => throw new UnreachableException("The numbers are written packed.")));
        }

        TensorCount = tensors.Count;
        Root = new TreeRewriter((_, view) => places.TryGetValue(view, out var place) ? view.RowMajorIn(place) : view).Rewrite(plan.Root);
    }

    /// <summary>The tree to write.</summary>
    public PickleValue Root { get; }

    /// <summary>The tensors of the tree, one that several paths lead to counted for each.</summary>
    public int TensorCount { get; }

    /// <summary>Where a stacked tensor stands.</summary>
    public string PathOf(TensorView view) => paths[view];

    /// <summary>The storage that a stacked tensor got; null where its own stays.</summary>
    public StorageView? PlaceOf(TensorView view) => places.GetValueOrDefault(view);

    /// <summary>The storages that are written packed.</summary>
    public IEnumerable<StorageView> Places => places.Values;
}
