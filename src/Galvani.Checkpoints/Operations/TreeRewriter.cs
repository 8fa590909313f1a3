using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>Copies an object tree with other tensors. A node that occurs twice is copied once, so that sharing and recursion stay.</summary>
/// <param name="replace">The tensor to put in the place of one at a path; the first path counts where several lead to it.</param>
internal sealed class TreeRewriter(Func<string, TensorView, TensorView> replace)
{
    private readonly Dictionary<PickleValue, PickleValue> copies = new(ReferenceEqualityComparer.Instance);
    private readonly List<(PickleDictionary Original, PickleDictionary Copy, PickleValue[] Values)> keyedByTensors = [];

    /// <summary>The copy; leaves are the same instances.</summary>
    public PickleValue Rewrite(PickleValue root)
    {
        var copy = Copy(root, "");
        foreach (var (original, keyed, values) in keyedByTensors)
            SetAll(original, keyed, values);
        return copy;
    }

    private void SetAll(PickleDictionary original, PickleDictionary copy, PickleValue[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var key = original.Entries[i].Key;
            copy.Set(key is PickleTensor ? copies.GetValueOrDefault(key, key) : key, values[i]);
        }
    }

    private PickleValue Copy(PickleValue node, string path)
    {
        if (copies.TryGetValue(node, out var known))
            return known;
        return node switch
        {
            PickleTensor tensor => Remember(tensor, new PickleTensor(replace(path.Length == 0 ? "/" : path, tensor.View))),
            PickleList list => CopyList(list, path),
            PickleTuple tuple => CopyTuple(tuple, path),
            PickleSet set => CopySet(set, path),
            PickleDictionary dictionary => CopyDictionary(dictionary, path),
            PickleObject made => CopyObject(made, path),
            _ => node,
        };
    }

    private PickleValue Remember(PickleValue node, PickleValue copy)
    {
        copies.Add(node, copy);
        return copy;
    }

    private PickleList CopyList(PickleList list, string path)
    {
        var copy = new PickleList();
        Remember(list, copy);
        for (var i = 0; i < list.Items.Count; i++)
            copy.Append(Copy(list.Items[i], $"{path}/{PickleTree.ChildPath(list, i)}"));
        return copy;
    }

    private PickleTuple CopyTuple(PickleTuple tuple, string path)
    {
        var items = new List<PickleValue>(tuple.Items.Count); // filled behind its back, so that a tuple may be inside itself
        var copy = new PickleTuple(items, tuple.TypeName);
        Remember(tuple, copy);
        for (var i = 0; i < tuple.Items.Count; i++)
            items.Add(Copy(tuple.Items[i], $"{path}/{PickleTree.ChildPath(tuple, i)}"));
        return copy;
    }

    private PickleSet CopySet(PickleSet set, string path)
    {
        var copy = new PickleSet(set.TypeName);
        Remember(set, copy);
        for (var i = 0; i < set.Items.Count; i++)
            copy.Add(Copy(set.Items[i], $"{path}/{PickleTree.ChildPath(set, i)}"));
        return copy;
    }

    private PickleDictionary CopyDictionary(PickleDictionary dictionary, string path)
    {
        var factory = dictionary.DefaultFactory is null ? null : Copy(dictionary.DefaultFactory, $"{path}/{PickleTree.DefaultFactory}");
        if (copies.TryGetValue(dictionary, out var inFactory))
            return (PickleDictionary)inFactory;
        var copy = new PickleDictionary(dictionary.TypeName) { DefaultFactory = factory };
        Remember(dictionary, copy);
        copy.Reserve(dictionary.Entries.Count);
        var values = new PickleValue[dictionary.Entries.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Copy(dictionary.Entries[i].Value, $"{path}/{PickleTree.ChildPath(dictionary, i)}");
        if (dictionary.Entries.Any(entry => entry.Key is PickleTensor))
            keyedByTensors.Add((dictionary, copy, values)); // an optimizer's state: its keys are tensors that are elsewhere, too, and may not have been copied yet
        else
            SetAll(dictionary, copy, values);
        copy.Attributes = dictionary.Attributes is null ? null : (PickleDictionary)Copy(dictionary.Attributes, path);
        return copy;
    }

    private PickleObject CopyObject(PickleObject made, string path)
    {
        var arguments = new List<PickleValue>(made.Arguments.Count);
        var called = made.Called is PickleObject ? Copy(made.Called, $"{path}/{PickleTree.Called}") : made.Called;
        if (copies.TryGetValue(made, out var inCalled))
            return (PickleObject)inCalled;
        var copy = new PickleObject(called, made.Global, arguments, made.IsNew) { HasKeywords = made.HasKeywords };
        Remember(made, copy);
        for (var i = 0; i < made.Arguments.Count; i++)
            arguments.Add(Copy(made.Arguments[i], $"{path}/arguments/{i}"));
        copy.State = made.State is null ? null : Copy(made.State, $"{path}/state");
        for (var i = 0; i < made.Items.Count; i++)
            copy.Append(Copy(made.Items[i], $"{path}/items/{i}"));
        foreach (var (key, value) in made.Entries)
            copy.Set(key, Copy(value, ObjectTree.Append(path, ObjectTree.KeyText(key))));
        return copy;
    }
}
