namespace Galvani.Checkpoints.Pickles;

/// <summary>The children of a node and their names as path segments, in file order; one place so that all walks agree.</summary>
internal static class PickleTree
{
    /// <summary>The segment of what a dictionary would call for a missing key.</summary>
    public const string DefaultFactory = "default_factory";

    /// <summary>The segment of what an object would have been made by calling, where that is the result of a call itself.</summary>
    public const string Called = "called";

    /// <summary>Whether a node can have children.</summary>
    public static bool IsContainer(PickleValue node) => node is PickleList or PickleTuple or PickleSet or PickleDictionary or PickleObject;

    public static int ChildCount(PickleValue node) => node switch
    {
        PickleList list => list.Items.Count,
        PickleTuple tuple => tuple.Items.Count,
        PickleSet set => set.Items.Count,
        PickleDictionary mapping => mapping.Entries.Count + (mapping.Attributes?.Entries.Count ?? 0) + (mapping.DefaultFactory is null ? 0 : 1),
        PickleObject unknown => unknown.Arguments.Count + (unknown.State is null ? 0 : 1) + unknown.Items.Count + unknown.Entries.Count + (unknown.Called is PickleObject ? 1 : 0),
        _ => 0,
    };

    public static PickleValue Child(PickleValue node, int index) => node switch
    {
        PickleList list => list.Items[index],
        PickleTuple tuple => tuple.Items[index],
        PickleSet set => set.Items[index],
        PickleDictionary mapping => Child(mapping, index),
        PickleObject unknown => Child(unknown, index),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>The path from a node to its child: one segment, or two for the parts of an uninterpreted object.</summary>
    public static string ChildPath(PickleValue node, int index) => node switch
    {
        PickleDictionary mapping => ObjectTree.Escape(ChildPath(mapping, index)),
        PickleObject unknown => ChildPath(unknown, index),
        _ => index.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static PickleValue Child(PickleDictionary node, int index)
    {
        if (index < node.Entries.Count)
            return node.Entries[index].Value;
        index -= node.Entries.Count;
        return index < (node.Attributes?.Entries.Count ?? 0) ? node.Attributes!.Entries[index].Value : node.DefaultFactory!;
    }

    private static string ChildPath(PickleDictionary node, int index)
    {
        if (index < node.Entries.Count)
            return ObjectTree.SegmentOf(node, index);
        index -= node.Entries.Count;
        return index < (node.Attributes?.Entries.Count ?? 0) ? ObjectTree.KeyText(node.Attributes!.Entries[index].Key) : DefaultFactory;
    }

    private static PickleValue Child(PickleObject node, int index)
    {
        if (index < node.Arguments.Count)
            return node.Arguments[index];
        index -= node.Arguments.Count;
        if (node.State is not null && index-- == 0)
            return node.State;
        if (index < node.Items.Count)
            return node.Items[index];
        index -= node.Items.Count;
        return index < node.Entries.Count ? node.Entries[index].Value : node.Called;
    }

    private static string ChildPath(PickleObject node, int index)
    {
        if (index < node.Arguments.Count)
            return $"arguments/{index}";
        index -= node.Arguments.Count;
        if (node.State is not null && index-- == 0)
            return "state";
        if (index < node.Items.Count)
            return $"items/{index}";
        index -= node.Items.Count;
        return index < node.Entries.Count ? ObjectTree.Escape(ObjectTree.KeyText(node.Entries[index].Key)) : Called;
    }
}
