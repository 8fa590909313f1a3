namespace Galvani.Checkpoints.Pickles;

/// <summary>Python's <c>list</c>.</summary>
public sealed class PickleList : PickleValue
{
    private List<PickleValue>? items;

    /// <summary>The items, in order.</summary>
    public IReadOnlyList<PickleValue> Items => items ?? (IReadOnlyList<PickleValue>)[];

    internal void Append(PickleValue item) => (items ??= []).Add(item);
}

/// <summary>Python's <c>tuple</c>, also <c>torch.Size</c>.</summary>
public sealed class PickleTuple(IReadOnlyList<PickleValue> items, string typeName = "tuple") : PickleValue
{
    internal static readonly PickleTuple Empty = new([]);

    /// <summary>The items, in order.</summary>
    public IReadOnlyList<PickleValue> Items { get; } = items;

    /// <summary><c>tuple</c>, or the name of the tuple-like type: <c>torch.Size</c>.</summary>
    public string TypeName { get; } = typeName;
}

/// <summary>Python's <c>set</c> or <c>frozenset</c>, in file order; an item that equals an earlier one is left out, as in Python.</summary>
public sealed class PickleSet(string typeName = "set") : PickleValue
{
    private const int SearchedLinearly = 8;

    private List<PickleValue>? items;
    private HashSet<PickleValue>? index; // only where there are more items than SearchedLinearly

    /// <summary>The items, in file order.</summary>
    public IReadOnlyList<PickleValue> Items => items ?? (IReadOnlyList<PickleValue>)[];

    /// <summary><c>set</c> or <c>frozenset</c>.</summary>
    public string TypeName { get; } = typeName;

    internal void Add(PickleValue item)
    {
        items ??= [];
        if (index is null && items.Count == SearchedLinearly)
            index = new HashSet<PickleValue>(items, PickleKeyComparer.Instance);
        if (index?.Add(item) ?? !items.Contains(item, PickleKeyComparer.Instance))
            items.Add(item);
    }
}

/// <summary>
/// A mapping in file order: <c>dict</c>, <c>collections.OrderedDict</c>, <c>collections.Counter</c>,
/// <c>collections.defaultdict</c> or <c>argparse.Namespace</c> (its attributes are the entries).
/// </summary>
public sealed class PickleDictionary(string typeName = "dict") : PickleValue
{
    private const int SearchedLinearly = 8;

    private List<KeyValuePair<PickleValue, PickleValue>>? entries;
    private Dictionary<PickleValue, int>? index; // only where there are more entries than SearchedLinearly

    /// <summary><c>dict</c>, <c>collections.OrderedDict</c>, <c>collections.Counter</c>, <c>argparse.Namespace</c> ...</summary>
    public string TypeName { get; } = typeName;

    /// <summary>
    /// The entries in file order; a key that was set twice keeps its first place and its last value, as in Python, where also
    /// <c>1</c>, <c>1.0</c> and <c>True</c> are one key.
    /// </summary>
    public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries => entries ?? (IReadOnlyList<KeyValuePair<PickleValue, PickleValue>>)[];

    /// <summary>Attributes set on the mapping object itself (a state dict's <c>_metadata</c>); null where there are none.</summary>
    public PickleDictionary? Attributes { get; internal set; }

    /// <summary>What a <c>collections.defaultdict</c> would call for a missing key, as it is named or described in the file; null where there is nothing of the kind.</summary>
    public PickleValue? DefaultFactory { get; internal init; }

    /// <summary>The value under a string key, or null.</summary>
    public PickleValue? this[string key]
    {
        get
        {
            if (entries is null)
                return null;
            if (index is not null)
                return index.GetAlternateLookup<string>().TryGetValue(key, out var found) ? entries[found].Value : null;
            foreach (var entry in entries)
            {
                if (entry.Key is PickleString text && text.Value == key)
                    return entry.Value;
            }

            return null;
        }
    }

    /// <summary>Makes room for entries whose number is known.</summary>
    internal void Reserve(int count)
    {
        (entries ??= []).EnsureCapacity(count);
        if (count <= SearchedLinearly)
            return;
        if (index is null)
            BuildIndex();
        index!.EnsureCapacity(count);
    }

    /// <summary>Makes room for more entries, of which some may have keys that are there. Often called, it makes room for as many again as there are, so that each entry is moved a few times at most.</summary>
    internal void ReserveMore(int count)
    {
        var needed = Entries.Count + count;
        if (needed > (index?.Capacity ?? SearchedLinearly))
            Reserve(Math.Max(needed, 2 * Entries.Count));
    }

    internal void Set(PickleValue key, PickleValue value)
    {
        entries ??= [];
        var place = Find(key);
        if (place >= 0)
        {
            entries[place] = new(entries[place].Key, value);
            return;
        }

        entries.Add(new(key, value));
        index?.Add(key, entries.Count - 1);
        if (index is null && entries.Count > SearchedLinearly)
            BuildIndex();
    }

    private int Find(PickleValue key)
    {
        if (index is not null)
            return index.TryGetValue(key, out var place) ? place : -1;
        for (var i = 0; i < entries!.Count; i++)
        {
            if (PickleKeyComparer.Instance.Equals(entries[i].Key, key))
                return i;
        }

        return -1;
    }

    private void BuildIndex()
    {
        index = new Dictionary<PickleValue, int>(PickleKeyComparer.Instance);
        for (var i = 0; i < entries!.Count; i++)
            index.Add(entries[i].Key, i);
    }
}

/// <summary>An object of a class or function that is not interpreted: what would have been called, and with what. Inert.</summary>
public sealed class PickleObject : PickleValue
{
    private List<PickleValue>? items;
    private List<KeyValuePair<PickleValue, PickleValue>>? entries;

    /// <summary>An object without state, items and entries.</summary>
    /// <param name="global">The dotted name of the class or function.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="isNew">Whether it was made by NEWOBJ, a class's <c>__new__</c>, instead of a call.</param>
    public PickleObject(string global, IReadOnlyList<PickleValue> arguments, bool isNew = false)
        : this(new PickleGlobal(global), global, arguments, isNew)
    {
    }

    /// <param name="called">What would have been called: a <see cref="PickleGlobal"/>, or what another call gave.</param>
    /// <param name="name">Its name, as <see cref="Global"/> has it.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="isNew">Whether it was made by NEWOBJ.</param>
    internal PickleObject(PickleValue called, string name, IReadOnlyList<PickleValue> arguments, bool isNew) =>
        (Called, Global, Arguments, IsNew) = (called, name, arguments, isNew);

    /// <summary>The dotted name of the class or function, such as <c>torchtext.vocab.Vocab</c>; with <c>()</c> behind it, what its call gave would have been called.</summary>
    public string Global { get; }

    /// <summary>What would have been called: a <see cref="PickleGlobal"/>, or a <see cref="PickleObject"/> that is the result of another call.</summary>
    public PickleValue Called { get; }

    /// <summary>The arguments it would have been called with.</summary>
    public IReadOnlyList<PickleValue> Arguments { get; }

    /// <summary>The path as text where it is one of Python's <c>pathlib</c>, with the separator of the path's own system; null for all else.</summary>
    public string? PathText => Pickles.PathText.Of(this);

    /// <summary>Whether it was made by NEWOBJ, a class's <c>__new__</c>, instead of a call.</summary>
    public bool IsNew { get; }

    /// <summary>Whether the last of the arguments is a dictionary of named ones.</summary>
    internal bool HasKeywords { get; init; }

    /// <summary>What BUILD would have set, or null.</summary>
    public PickleValue? State { get; internal set; }

    /// <summary>Items appended to it (list-like objects).</summary>
    public IReadOnlyList<PickleValue> Items => items ?? (IReadOnlyList<PickleValue>)[];

    /// <summary>Entries set on it (mapping-like objects), in file order, none merged.</summary>
    public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries => entries ?? (IReadOnlyList<KeyValuePair<PickleValue, PickleValue>>)[];

    internal void Append(PickleValue item) => (items ??= []).Add(item);

    internal void Set(PickleValue key, PickleValue value) => (entries ??= []).Add(new(key, value));
}
