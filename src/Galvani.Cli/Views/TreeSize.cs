using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary>
/// Counts the nodes that writing a tree out would give, without writing it: a small file can hold a list that holds twice a list that holds twice a list. A node is counted
/// once however many places it has, so that counting costs no more than the file.
/// </summary>
internal sealed class TreeSize
{
    private readonly Dictionary<PickleValue, long> known = new(ReferenceEqualityComparer.Instance);
    private const int CharactersPerNode = 64; // so that long texts count for what they are

    private readonly int mostItems;
    private readonly int mostEntries;
    private readonly long mostValues;

    /// <param name="mostItems">The items of a list that are written.</param>
    /// <param name="mostEntries">The entries of a mapping that are written.</param>
    /// <param name="mostValues">The values of a tensor that are written.</param>
    public TreeSize(int mostItems, int mostEntries, long mostValues) => (this.mostItems, this.mostEntries, this.mostValues) = (mostItems, mostEntries, mostValues);

    /// <summary>The nodes of a tensor: type, shape, values and what they are called.</summary>
    /// <param name="view">The tensor.</param>
    /// <param name="valueCount">How many of its values are written.</param>
    public static long OfTensor(TensorView view, long valueCount)
    {
        const int Frame = 7;
        return Frame + view.Rank + valueCount * JsonText.NodesOf(view.DType);
    }

    /// <summary>The number of nodes; where there are too many to count, the largest number.</summary>
    public long Count(PickleValue node)
    {
        if (node is not (PickleDictionary or PickleObject or PickleList or PickleTuple or PickleSet))
            return CountLeaf(node);
        if (known.TryGetValue(node, out var count))
            return Math.Max(1, count); // 0: an ancestor, which is written as a reference
        known.Add(node, 0);
        var sum = 1L;
        foreach (var (name, child) in ObjectTree.Children(node).Take(node is PickleDictionary ? mostEntries : mostItems))
        {
            var more = Count(child);
            more += Math.Min(name.Length / CharactersPerNode, long.MaxValue - more);
            sum = more > long.MaxValue - sum ? long.MaxValue : sum + more;
        }

        return known[node] = sum;
    }

    private long CountLeaf(PickleValue leaf) => leaf switch
    {
        PickleString text => 1 + text.Value.Length / CharactersPerNode,
        PickleTensor { View: var view } when mostValues > 0 => OfTensor(view, Math.Min(view.ElementCount, mostValues)),
        _ => 1,
    };
}
