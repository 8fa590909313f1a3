using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;

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

    /// <param name="mostItems">The items of a list that are written.</param>
    /// <param name="mostEntries">The entries of a mapping that are written.</param>
    public TreeSize(int mostItems, int mostEntries) => (this.mostItems, this.mostEntries) = (mostItems, mostEntries);

    /// <summary>The number of nodes; where there are too many to count, the largest number.</summary>
    public long Count(PickleValue node)
    {
        if (node is not (PickleDictionary or PickleObject or PickleList or PickleTuple or PickleSet))
            return 1 + (node is PickleString text ? text.Value.Length / CharactersPerNode : 0);
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
}
