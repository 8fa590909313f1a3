using System.Globalization;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints;

/// <summary>A tensor and where it stands in the object tree.</summary>
/// <param name="ObjectPath">Its path, such as <c>/model/encoder.layer_norm.weight</c>.</param>
/// <param name="View">The tensor.</param>
public sealed record NamedTensor(string ObjectPath, TensorView View);

/// <summary>
/// Paths in an object tree: segments behind slashes; <c>~1</c> stands for a slash and <c>~0</c> for a tilde in a segment (as in JSON Pointer, RFC 6901), <c>~2</c> for an empty one, items
/// of lists by index, keys that are no strings as text.
/// </summary>
public static class ObjectTree
{
    /// <summary>An empty key as a segment: a path that ended with nothing would be that of the node itself.</summary>
    private const string EmptySegment = "~2";

    /// <summary>The children of a node: segment and value, in file order.</summary>
    /// <param name="node">A node; leaves have no children.</param>
    public static IEnumerable<KeyValuePair<string, PickleValue>> Children(PickleValue node)
    {
        return node switch
        {
            PickleDictionary dictionary => OfDictionary(dictionary),
            PickleList list => Indexed(list.Items),
            PickleTuple tuple => Indexed(tuple.Items),
            PickleSet set => Indexed(set.Items),
            PickleObject made => OfObject(made),
            _ => [],
        };
    }

    /// <summary>The node at a path, or null where there is none.</summary>
    /// <param name="root">Where the path begins.</param>
    /// <param name="path"><c>/</c> is the root itself.</param>
    public static PickleValue? Find(PickleValue root, string path)
    {
        if (path is "" or "/")
            return root;
        var node = root;
        foreach (var segment in path.TrimStart('/').Split('/'))
        {
            node = Child(node, segment);
            if (node is null)
                return null;
        }

        return node;
    }

    /// <summary>A path one segment longer.</summary>
    /// <param name="path">The path so far; empty for the root.</param>
    /// <param name="segment">The segment, not escaped.</param>
    public static string Append(string path, string segment) => $"{path}/{Escape(segment)}";

    /// <summary>The text of a dictionary key, or of a leaf.</summary>
    /// <param name="key">A node; of a tuple the first 64 nodes are shown, which is all that a key can have.</param>
    public static string KeyText(PickleValue key)
    {
        var remaining = PickleKeyComparer.MostKeyNodes;
        return KeyText(key, ref remaining);
    }

    private static string KeyText(PickleTuple tuple, ref int remaining)
    {
        var items = new List<string>();
        foreach (var item in tuple.Items)
        {
            if (--remaining < 0)
            {
                items.Add("…");
                break;
            }

            items.Add(KeyText(item, ref remaining));
        }

        return $"({string.Join(", ", items)})";
    }

    private static string KeyText(PickleValue key, ref int remaining) => key switch
    {
        PickleString text => text.Value,
        PickleInteger number => number.ToString(),
        PickleFloat number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        PickleBool flag => flag.Value ? "True" : "False",
        PickleNone => "None",
        PickleGlobal global => global.Name,
        PickleTuple tuple => KeyText(tuple, ref remaining),
        PickleBytes bytes => Convert.ToHexString(bytes.Value.Span),
        _ => "?",
    };

    /// <summary>
    /// The segment of an entry: its key as text; where a string key of the same mapping has the same text, the type stands behind it: <c>7 (int)</c>.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="index">The place of the entry.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    public static string SegmentOf(PickleDictionary mapping, int index)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        var key = mapping.Entries[index].Key;
        var text = KeyText(key);
        return key is not PickleString && mapping[text] is not null ? $"{text} ({KeyType(key)})" : text;
    }

    private static string KeyType(PickleValue key) => key switch
    {
        PickleInteger => "int",
        PickleFloat => "float",
        PickleBool => "bool",
        PickleNone => "NoneType",
        PickleTuple => "tuple",
        PickleBytes bytes => bytes.TypeName,
        _ => "object",
    };

    private static PickleValue? Child(PickleValue node, string segment)
    {
        var name = segment == EmptySegment ? "" : segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        if (node is PickleDictionary dictionary && dictionary[name] is { } direct)
            return direct;
        foreach (var (childName, child) in Children(node))
        {
            if (childName == name)
                return child;
        }

        return node is PickleDictionary beside ? beside.Attributes?[name] ?? (name == PickleTree.DefaultFactory ? beside.DefaultFactory : null) : null;
    }

    internal static string Escape(string segment) =>
        segment.Length == 0 ? EmptySegment : segment.AsSpan().IndexOfAny('~', '/') < 0 ? segment : segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, PickleValue>> OfDictionary(PickleDictionary dictionary)
    {
        for (var i = 0; i < dictionary.Entries.Count; i++)
            yield return new(SegmentOf(dictionary, i), dictionary.Entries[i].Value);
    }

    private static IEnumerable<KeyValuePair<string, PickleValue>> Keyed(IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> entries)
    {
        foreach (var (key, value) in entries)
            yield return new(KeyText(key), value);
    }

    private static IEnumerable<KeyValuePair<string, PickleValue>> Indexed(IReadOnlyList<PickleValue> items)
    {
        for (var i = 0; i < items.Count; i++)
            yield return new(i.ToString(CultureInfo.InvariantCulture), items[i]);
    }

    private static IEnumerable<KeyValuePair<string, PickleValue>> OfObject(PickleObject made)
    {
        yield return new("arguments", new PickleTuple(made.Arguments));
        if (made.State is not null)
            yield return new("state", made.State);
        if (made.Items.Count > 0)
            yield return new("items", new PickleTuple(made.Items));
        foreach (var entry in Keyed(made.Entries))
            yield return entry;
        if (made.Called is PickleObject)
            yield return new(PickleTree.Called, made.Called);
    }
}
