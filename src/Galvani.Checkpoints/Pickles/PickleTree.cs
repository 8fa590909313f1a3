namespace Galvani.Checkpoints.Pickles;

/// <summary>The children of a node and their names as path segments, in file order; one place so that all walks agree.</summary>
internal static class PickleTree
{
    /// <summary>Whether a node can have children.</summary>
    public static bool IsContainer(PickleValue node) => node is PickleList or PickleTuple or PickleSet or PickleDictionary or PickleObject;

    public static int ChildCount(PickleValue node) => node switch
    {
        PickleList list => list.Items.Count,
        PickleTuple tuple => tuple.Items.Count,
        PickleSet set => set.Items.Count,
        PickleDictionary mapping => mapping.Entries.Count + (mapping.Attributes?.Entries.Count ?? 0),
        PickleObject unknown => unknown.Arguments.Count + (unknown.State is null ? 0 : 1) + unknown.Items.Count + unknown.Entries.Count,
        _ => 0,
    };

    public static PickleValue Child(PickleValue node, int index) => node switch
    {
        PickleList list => list.Items[index],
        PickleTuple tuple => tuple.Items[index],
        PickleSet set => set.Items[index],
        PickleDictionary mapping => index < mapping.Entries.Count ? mapping.Entries[index].Value : mapping.Attributes!.Entries[index - mapping.Entries.Count].Value,
        PickleObject unknown => Child(unknown, index),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>The path from a node to its child: one segment, or two for the parts of an uninterpreted object.</summary>
    public static string ChildPath(PickleValue node, int index) => node switch
    {
        PickleDictionary mapping => ObjectTree.Escape(index < mapping.Entries.Count
            ? ObjectTree.SegmentOf(mapping, index)
            : ObjectTree.KeyText(mapping.Attributes!.Entries[index - mapping.Entries.Count].Key)),
        PickleObject unknown => ChildPath(unknown, index),
        _ => index.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static PickleValue Child(PickleObject node, int index)
    {
        if (index < node.Arguments.Count)
            return node.Arguments[index];
        index -= node.Arguments.Count;
        if (node.State is not null && index-- == 0)
            return node.State;
        return index < node.Items.Count ? node.Items[index] : node.Entries[index - node.Items.Count].Value;
    }

    private static string ChildPath(PickleObject node, int index)
    {
        if (index < node.Arguments.Count)
            return $"arguments/{index}";
        index -= node.Arguments.Count;
        if (node.State is not null && index-- == 0)
            return "state";
        return index < node.Items.Count ? $"items/{index}" : ObjectTree.Escape(ObjectTree.KeyText(node.Entries[index - node.Items.Count].Key));
    }
}
