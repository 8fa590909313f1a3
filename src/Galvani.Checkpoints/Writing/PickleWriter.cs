using System.Buffers.Binary;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// Writes an object tree as a pickle of protocol 2, the form that <c>torch.save</c> writes and every <c>torch.load</c> reads. Nodes that occur twice are written
/// once and recalled, so that sharing and recursion stay. Inert nodes are written back as what they were.
/// </summary>
internal sealed partial class PickleWriter(Stream output, CheckpointLimits limits)
{
    private readonly Dictionary<object, int> memo = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> textMemo = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, int ModuleLength), int> globalMemo = [];
    private readonly Dictionary<StorageView, (int Key, int Memo)> storageKeys = new(ReferenceEqualityComparer.Instance); // the memo of a key is here, not among those of texts: there are many
    private int memoCount;
    private int depth;

    /// <summary>The storages that were named, in the order of their keys 0, 1, 2 ...</summary>
    public List<StorageView> Storages { get; } = [];

    /// <summary>What reading the pickle will be charged with.</summary>
    public ReadingCost Cost { get; } = new();

    /// <summary>Writes the whole pickle.</summary>
    public void Write(PickleValue root)
    {
        Protocol(2);
        Save(root);
        Op(PickleOpcode.Stop);
    }

    private void Save(PickleValue value)
    {
        if (memo.TryGetValue(value, out var known))
        {
            Recall(known);
            if (value is PickleTensor)
                Cost.Listed();
            return;
        }

        if (++depth > limits.Nesting)
            throw new UnsupportedCheckpointException($"Objects are nested more than {limits.Nesting} deep, the limit (Nesting).");
        switch (value)
        {
            case PickleNone:
                Op(PickleOpcode.None);
                break;
            case PickleBool { NumpyScalar: { } scalar }:
                Save(scalar);
                break;
            case PickleInteger { NumpyScalar: { } scalar }:
                Save(scalar);
                break;
            case PickleFloat { NumpyScalar: { } scalar }:
                Save(scalar);
                break;
            case PickleBool flag:
                Op(flag.Value ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
                break;
            case PickleInteger number:
                SaveInteger(number.Value);
                break;
            case PickleFloat number:
                SaveDouble(number.Value);
                break;
            case PickleString text:
                SaveText(text.Value);
                break;
            case PickleBytes bytes:
                SaveBytes(bytes);
                break;
            case PickleGlobal global:
                SaveGlobal(global.Name, global.ModuleLength);
                break;
            case PickleTensor tensor:
                SaveTensor(tensor);
                break;
            case PickleStorage storage:
                SaveStorage(storage.Storage);
                break;
            default:
                SaveContainer(value);
                break;
        }

        depth--;
    }

    private void SaveContainer(PickleValue value)
    {
        switch (value)
        {
            case PickleList list:
                Op(PickleOpcode.EmptyList);
                Cost.Container();
                Remember(value);
                SaveItems(list.Items);
                break;
            case PickleTuple tuple:
                SaveTuple(tuple);
                break;
            case PickleSet set:
                SaveSet(set);
                break;
            case PickleDictionary dictionary:
                SaveDictionary(dictionary);
                break;
            case PickleObject made:
                SaveObject(made);
                break;
            default:
                throw new UnsupportedCheckpointException($"A node of type {value.GetType().Name} cannot be written.");
        }
    }

    private void SaveItems(IReadOnlyList<PickleValue> items)
    {
        if (items.Count == 0)
            return;
        Op(PickleOpcode.Mark);
        for (var i = 0; i < items.Count; i++)
        {
            Cost.Enter(IndexCharacters(i));
            Save(items[i]);
            Cost.Leave(IndexCharacters(i));
            Cost.Pending();
        }

        Cost.Items(items.Count);
        Op(PickleOpcode.Appends);
    }

    private void SaveEntries(IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> entries)
    {
        if (entries.Count == 0)
            return;
        Op(PickleOpcode.Mark);
        foreach (var (key, item) in entries)
        {
            Save(key);
            Cost.Pending();
            var characters = key is PickleString text ? ObjectTree.Escape(text.Value).Length : 0;
            Cost.Enter(characters);
            Save(item);
            Cost.Leave(characters);
            Cost.Pending();
        }

        Cost.Entries(entries.Count);
        Op(PickleOpcode.SetItems);
    }

    private void SaveTuple(PickleTuple tuple)
    {
        if (tuple.TypeName == PickleGlobals.TorchSize)
        {
            SaveGlobal(PickleGlobals.TorchSize);
            SavePlainTuple(tuple.Items);
            Op(PickleOpcode.Tuple1);
            Op(PickleOpcode.Reduce);
            Cost.Container();
        }
        else
            SavePlainTuple(tuple.Items);
        Remember(tuple);
    }

    private void SavePlainTuple(IReadOnlyList<PickleValue> items)
    {
        if (items.Count == 0)
        {
            Op(PickleOpcode.EmptyTuple);
            return;
        }

        if (items.Count > 3)
            Op(PickleOpcode.Mark);
        foreach (var item in items)
            Save(item);
        Cost.Tuple(items.Count);
        Op(items.Count switch { 1 => PickleOpcode.Tuple1, 2 => PickleOpcode.Tuple2, 3 => PickleOpcode.Tuple3, _ => PickleOpcode.Tuple });
    }

    private void SaveSet(PickleSet set)
    {
        SaveGlobal("__builtin__." + set.TypeName);
        Op(PickleOpcode.EmptyList);
        SaveItems(set.Items);
        Op(PickleOpcode.Tuple1);
        Op(PickleOpcode.Reduce);
        Cost.Container(); // the list
        Cost.Copy(set.Items.Count);
        Remember(set);
    }

    private void SaveDictionary(PickleDictionary dictionary)
    {
        Cost.Container();
        switch (dictionary.TypeName)
        {
            case "dict":
                Op(PickleOpcode.EmptyDict);
                break;
            case PickleGlobals.Namespace:
                SaveGlobal(PickleGlobals.Namespace);
                Op(PickleOpcode.EmptyTuple);
                Op(PickleOpcode.NewObj);
                Remember(dictionary);
                Op(PickleOpcode.EmptyDict);
                Cost.Container();
                SaveEntries(dictionary.Entries);
                Cost.Copy(dictionary.Entries.Count);
                Op(PickleOpcode.Build);
                return;
            default:
                SaveGlobal(dictionary.TypeName);
                SaveDefaultFactory(dictionary.DefaultFactory);
                Op(PickleOpcode.Reduce);
                break;
        }

        if (!Remember(dictionary))
            return;
        SaveEntries(dictionary.Entries);
        if (dictionary.Attributes is { } attributes)
        {
            Save(attributes);
            Cost.Copy(attributes.Entries.Count);
            Op(PickleOpcode.Build);
        }
    }

    private void SaveDefaultFactory(PickleValue? factory)
    {
        if (factory is null)
        {
            Op(PickleOpcode.EmptyTuple);
            return;
        }

        Cost.Enter(PickleTree.DefaultFactory.Length);
        Save(factory);
        Op(PickleOpcode.Tuple1);
        Cost.Leave(PickleTree.DefaultFactory.Length);
    }

    private void SaveObject(PickleObject made)
    {
        Save(made.Called);
        if (made.HasKeywords)
        {
            SavePlainTuple([.. made.Arguments.SkipLast(1)]);
            Save(made.Arguments[^1]);
        }
        else
        {
            SavePlainTuple(made.Arguments);
        }

        Cost.Object(made.Global);
        Op(made.HasKeywords ? PickleOpcode.NewObjEx : made.IsNew ? PickleOpcode.NewObj : PickleOpcode.Reduce);
        if (!Remember(made))
            return;
        SaveItems(made.Items);
        SaveEntries(made.Entries);
        if (made.State is null)
            return;
        Save(made.State);
        Op(PickleOpcode.Build);
    }

    /// <summary>
    /// Remembers what is on the stack, to be recalled. Where what it is made of has led to it, it has been written there: that one takes its place.
    /// </summary>
    /// <returns>Whether it is the first.</returns>
    private bool Remember(PickleValue value)
    {
        if (memo.TryGetValue(value, out var known))
        {
            Op(PickleOpcode.Pop);
            Recall(known);
            return false;
        }

        memo[value] = Put();
        return true;
    }

    /// <summary>The digits of an index as a segment of a path.</summary>
    private static int IndexCharacters(int index) => index < 10 ? 1 : (int)Math.Log10(index) + 1;

    private int Put()
    {
        Cost.Remembered();
        Op(memoCount <= byte.MaxValue ? PickleOpcode.BinPut : PickleOpcode.LongBinPut);
        Index(memoCount);
        return memoCount++;
    }

    private void Recall(int index)
    {
        Op(index <= byte.MaxValue ? PickleOpcode.BinGet : PickleOpcode.LongBinGet);
        Index(index);
    }

    private void Index(int index)
    {
        if (index <= byte.MaxValue)
            output.WriteByte((byte)index);
        else
            Int32(index);
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        output.Write(bytes);
    }

    private void Protocol(byte version)
    {
        Op(PickleOpcode.Proto);
        output.WriteByte(version);
    }

    private void Op(PickleOpcode opcode) => output.WriteByte((byte)opcode);
}
