using System.Numerics;

namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// A node of the object tree that a pickle describes. Nodes are inert records: nothing of the file's code is ever run.
/// The same node may occur at several places, also inside itself; code that walks a tree must guard against cycles.
/// Nodes are immutable once the machine that built them has finished.
/// </summary>
public abstract class PickleValue;

/// <summary>Python's <c>None</c>.</summary>
public sealed class PickleNone : PickleValue
{
    private PickleNone()
    {
    }

    /// <summary>The only instance.</summary>
    public static PickleNone Instance { get; } = new();
}

/// <summary>Python's <c>bool</c>.</summary>
public sealed class PickleBool(bool value) : PickleValue
{
    internal static readonly PickleBool True = new(true);
    internal static readonly PickleBool False = new(false);

    /// <summary>The value.</summary>
    public bool Value { get; } = value;
}

/// <summary>Python's <c>int</c>, of any size.</summary>
public sealed class PickleInteger(BigInteger value) : PickleValue
{
    /// <summary>The value.</summary>
    public BigInteger Value { get; } = value;
}

/// <summary>Python's <c>float</c> (binary64).</summary>
public sealed class PickleFloat(double value) : PickleValue
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;
}

/// <summary>Python's <c>str</c>.</summary>
public sealed class PickleString(string value) : PickleValue
{
    /// <summary>The text; lone surrogates, which Python allows, are kept.</summary>
    public string Value { get; } = value;
}

/// <summary>Python's <c>bytes</c> or <c>bytearray</c>.</summary>
public sealed class PickleBytes(ReadOnlyMemory<byte> value) : PickleValue
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;
}

/// <summary>Python's <c>list</c>.</summary>
public sealed class PickleList : PickleValue
{
    private readonly List<PickleValue> items = [];

    /// <summary>The items, in order.</summary>
    public IReadOnlyList<PickleValue> Items => items;

    internal void Append(PickleValue item) => items.Add(item);
}

/// <summary>Python's <c>tuple</c>, also <c>torch.Size</c>.</summary>
public sealed class PickleTuple(IReadOnlyList<PickleValue> items, string typeName = "tuple") : PickleValue
{
    /// <summary>The items, in order.</summary>
    public IReadOnlyList<PickleValue> Items { get; } = items;

    /// <summary><c>tuple</c>, or the name of the tuple-like type: <c>torch.Size</c>.</summary>
    public string TypeName { get; } = typeName;
}

/// <summary>Python's <c>set</c> or <c>frozenset</c>, in file order.</summary>
public sealed class PickleSet(string typeName = "set") : PickleValue
{
    private readonly List<PickleValue> items = [];

    /// <summary>The items, in file order.</summary>
    public IReadOnlyList<PickleValue> Items => items;

    /// <summary><c>set</c> or <c>frozenset</c>.</summary>
    public string TypeName { get; } = typeName;

    internal void Add(PickleValue item) => items.Add(item);
}

/// <summary>
/// A mapping in file order: <c>dict</c>, <c>collections.OrderedDict</c>, <c>collections.Counter</c>,
/// <c>collections.defaultdict</c> or <c>argparse.Namespace</c> (its attributes are the entries).
/// </summary>
public sealed class PickleDictionary(string typeName = "dict") : PickleValue
{
    private readonly List<KeyValuePair<PickleValue, PickleValue>> entries = [];
    private readonly Dictionary<string, int> indexByString = new(StringComparer.Ordinal);
    private readonly Dictionary<double, int> indexByNumber = [];

    /// <summary><c>dict</c>, <c>collections.OrderedDict</c>, <c>collections.Counter</c>, <c>argparse.Namespace</c> ...</summary>
    public string TypeName { get; } = typeName;

    /// <summary>The entries in file order; a key that was set twice keeps its first place and its last value, as in Python.</summary>
    public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries => entries;

    /// <summary>Attributes set on the mapping object itself (a state dict's <c>_metadata</c>); null where there are none.</summary>
    public PickleDictionary? Attributes { get; internal set; }

    /// <summary>The value under a string key, or null.</summary>
    public PickleValue? this[string key] => indexByString.TryGetValue(key, out var index) ? entries[index].Value : null;

    internal void Set(PickleValue key, PickleValue value)
    {
        var index = key switch
        {
            PickleString text => Place(indexByString, text.Value),
            PickleInteger number => Place(indexByNumber, (double)number.Value),
            PickleBool flag => Place(indexByNumber, flag.Value ? 1.0 : 0.0),
            PickleFloat number => Place(indexByNumber, number.Value),
            _ => entries.Count,
        };
        if (index < entries.Count)
            entries[index] = new(entries[index].Key, value);
        else
            entries.Add(new(key, value));
    }

    /// <summary>The place of an equal key, or the next free one. Python's 1, 1.0 and True are one key.</summary>
    private int Place<T>(Dictionary<T, int> indexes, T key)
        where T : notnull
    {
        if (!indexes.TryGetValue(key, out var index))
            indexes.Add(key, index = entries.Count);
        return index;
    }
}

/// <summary>A tensor: <c>torch.Tensor</c> or <c>torch.nn.Parameter</c>.</summary>
public sealed class PickleTensor(Tensors.TensorView view) : PickleValue
{
    /// <summary>The view over the file.</summary>
    public Tensors.TensorView View { get; } = view;
}

/// <summary>A storage that is pickled by itself, without a tensor around it.</summary>
public sealed class PickleStorage(Tensors.StorageView storage) : PickleValue
{
    /// <summary>The storage.</summary>
    public Tensors.StorageView Storage { get; } = storage;
}

/// <summary>A global that is only named: a class or function used as a value, such as <c>torch.float16</c>.</summary>
public sealed class PickleGlobal(string name) : PickleValue
{
    /// <summary>The dotted name, such as <c>torch.float16</c>.</summary>
    public string Name { get; } = name;
}

/// <summary>An object of a class or function that is not interpreted: what would have been called, and with what. Inert.</summary>
/// <param name="global">The dotted name of the class or function.</param>
/// <param name="arguments">The arguments.</param>
/// <param name="isNew">Whether it was made by NEWOBJ, a class's <c>__new__</c>, instead of a call.</param>
public sealed class PickleObject(string global, IReadOnlyList<PickleValue> arguments, bool isNew = false) : PickleValue
{
    private readonly List<PickleValue> items = [];
    private readonly List<KeyValuePair<PickleValue, PickleValue>> entries = [];

    /// <summary>The dotted name of the class or function, such as <c>torchtext.vocab.Vocab</c>.</summary>
    public string Global { get; } = global;

    /// <summary>The arguments it would have been called with.</summary>
    public IReadOnlyList<PickleValue> Arguments { get; } = arguments;

    /// <summary>Whether it was made by NEWOBJ, a class's <c>__new__</c>, instead of a call.</summary>
    public bool IsNew { get; } = isNew;

    /// <summary>What BUILD would have set, or null.</summary>
    public PickleValue? State { get; internal set; }

    /// <summary>Items appended to it (list-like objects).</summary>
    public IReadOnlyList<PickleValue> Items => items;

    /// <summary>Entries set on it (mapping-like objects).</summary>
    public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries => entries;

    internal void Append(PickleValue item) => items.Add(item);

    internal void Set(PickleValue key, PickleValue value) => entries.Add(new(key, value));
}
