namespace Galvani.Checkpoints.Pickles;

/// <summary>Turns calls of allow-listed globals into typed records. Calls nothing.</summary>
internal sealed partial class GlobalInterpreter(IStorageSource storages, PickleRunner runner, PickleCursor cursor)
{
    private readonly PickleBudget budget = runner.Budget;
    private readonly CheckpointLimits limits = runner.Limits;

    /// <summary>Whether <c>cls.__new__(cls)</c> gives the empty record of the class.</summary>
    public static bool IsClass(GlobalRole role) => role is GlobalRole.OrderedDict or GlobalRole.Counter or GlobalRole.Namespace or GlobalRole.Set;

    /// <summary>Whether an uninterpreted call is known data rather than a finding.</summary>
    public static bool IsKnownData(GlobalRole role, IReadOnlyList<PickleValue> arguments, bool isConstruction) => role switch
    {
        GlobalRole.InertData => true,
        GlobalRole.Path => !isConstruction && PathText.AreParts(arguments),
        GlobalRole.Enumeration => !isConstruction && arguments is [PickleInteger],
        GlobalRole.Partial => arguments is [PickleGlobal function, ..] && PickleGlobals.IsVocabularyFunction(function.Name),
        _ => false,
    };

    /// <summary>Whether a state is one that the object's class writes: a partial's names its function again, which must be a known one; paths and members of enumerations have none.</summary>
    public static bool IsKnownState(PickleObject target, PickleValue state) => target.Called is not PickleGlobal global || global.Role switch
    {
        GlobalRole.Partial => state is PickleTuple { Items: [PickleGlobal function, ..] } && PickleGlobals.IsVocabularyFunction(function.Name),
        GlobalRole.Path or GlobalRole.Enumeration => false,
        _ => true,
    };

    /// <summary>Whether the record of a call holds the call itself, which is what is written of it.</summary>
    public static bool KeepsCall(GlobalRole role) => role is GlobalRole.NumpyScalar or GlobalRole.RebuildFromType or GlobalRole.RebuildParameterWithState;

    /// <summary>The record that a call stands for; null where the call is not interpreted.</summary>
    /// <exception cref="CheckpointFormatException">The global is interpreted, and the arguments are not what it takes.</exception>
    public PickleValue? Call(PickleGlobal global, IReadOnlyList<PickleValue> arguments) => global.Role switch
    {
        GlobalRole.RebuildTensor => RebuildTensor(arguments, withGradient: false),
        GlobalRole.RebuildTensorV2 => RebuildTensor(arguments, withGradient: true),
        GlobalRole.RebuildTensorV3 => RebuildTensorOfType(arguments),
        GlobalRole.RebuildParameter => RebuildParameter(arguments),
        GlobalRole.RebuildParameterWithState => RebuildParameterWithState(global, arguments),
        GlobalRole.RebuildFromType => RebuildFromType(global, arguments),
        GlobalRole.LoadFromBytes => LoadFromBytes(arguments),
        GlobalRole.List => List(arguments),
        GlobalRole.Tuple => new PickleTuple(arguments is [] ? [] : ItemsOf("tuple", arguments)),
        GlobalRole.Dict => Mapping("dict", arguments),
        GlobalRole.OrderedDict => Mapping(PickleGlobals.OrderedDict, arguments),
        GlobalRole.Counter => Mapping(PickleGlobals.Counter, arguments),
        GlobalRole.DefaultDict => Mapping(PickleGlobals.DefaultDict, [.. arguments.Skip(1)], arguments is [not PickleNone, ..] ? arguments[0] : null),
        GlobalRole.Namespace => arguments is [] ? new PickleDictionary(PickleGlobals.Namespace) : throw Mismatch(PickleGlobals.Namespace, arguments),
        GlobalRole.Set => Set("set", arguments),
        GlobalRole.FrozenSet => Set("frozenset", arguments),
        GlobalRole.Size => new PickleTuple(ItemsOf(PickleGlobals.TorchSize, arguments), PickleGlobals.TorchSize),
        GlobalRole.CodecsEncode => Encode(PickleGlobals.CodecsEncode, arguments),
        GlobalRole.Bytes => arguments is [] ? new PickleBytes(default) : Encode("bytes", arguments),
        GlobalRole.ByteArray => ByteArray(arguments),
        GlobalRole.NumpyScalar => NumpyScalar.TryRead(global, arguments),
        _ => null,
    };

    private PickleList List(IReadOnlyList<PickleValue> arguments)
    {
        var list = new PickleList();
        var items = arguments is [] ? [] : ItemsOf("list", arguments);
        Charge((long)items.Count * PickleBudget.ReferenceBytes);
        foreach (var item in items)
            list.Append(item);
        return list;
    }

    private PickleDictionary Mapping(string typeName, IReadOnlyList<PickleValue> arguments, PickleValue? defaultFactory = null)
    {
        var mapping = new PickleDictionary(typeName) { DefaultFactory = defaultFactory };
        switch (arguments)
        {
            case []:
                break;
            case [PickleDictionary entries]:
                Charge((long)entries.Entries.Count * PickleBudget.EntryBytes);
                foreach (var (key, value) in entries.Entries)
                    mapping.Set(key, value);
                break;
            case [PickleList pairs]:
                Charge((long)pairs.Items.Count * PickleBudget.EntryBytes);
                foreach (var pair in pairs.Items)
                    SetPair(mapping, pair);
                break;
            default:
                throw Mismatch(typeName, arguments);
        }

        return mapping;
    }

    private void SetPair(PickleDictionary mapping, PickleValue pair)
    {
        var items = pair is PickleList list ? list.Items : pair is PickleTuple tuple ? tuple.Items : [];
        if (items.Count != 2)
            throw cursor.Error($"{mapping.TypeName} is made of what are no pairs");
        CheckKey(items[0]);
        mapping.Set(items[0], items[1]);
    }

    private PickleSet Set(string typeName, IReadOnlyList<PickleValue> arguments)
    {
        var set = new PickleSet(typeName);
        if (arguments is [])
            return set;
        var items = ItemsOf(typeName, arguments);
        Charge((long)items.Count * PickleBudget.EntryBytes);
        foreach (var item in items)
        {
            CheckKey(item);
            set.Add(item);
        }

        return set;
    }

    /// <summary>Bytes as protocol 2 writes them: text whose characters are the bytes.</summary>
    private PickleBytes Encode(string function, IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [PickleString text, PickleString { Value: "latin1" or "latin-1" }])
            throw Mismatch(function, arguments);
        Charge(text.Value.Length);
        var bytes = new byte[text.Value.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = text.Value[i] <= byte.MaxValue ? (byte)text.Value[i] : throw cursor.Error("Text that stands for bytes has a character beyond Latin-1");
        return new PickleBytes(bytes);
    }

    private PickleBytes ByteArray(IReadOnlyList<PickleValue> arguments) => arguments switch
    {
        [] => new PickleBytes(default, PickleBytes.ByteArray),
        [PickleBytes bytes] => new PickleBytes(bytes.Value, PickleBytes.ByteArray),
        _ => new PickleBytes(Encode("bytearray", arguments).Value, PickleBytes.ByteArray),
    };

    private IReadOnlyList<PickleValue> ItemsOf(string typeName, IReadOnlyList<PickleValue> arguments) => arguments switch
    {
        [PickleList list] => list.Items,
        [PickleTuple tuple] => tuple.Items,
        _ => throw Mismatch(typeName, arguments),
    };

    private void CheckKey(PickleValue key)
    {
        if (PickleKeyComparer.WhyNoKey(key) is { } problem)
            throw cursor.Error(problem);
    }

    private void Charge(long bytes)
    {
        if (budget.Charge(bytes) is { } problem)
            throw cursor.Error(problem);
    }

    private CheckpointFormatException Mismatch(string global, IReadOnlyList<PickleValue> arguments) =>
        cursor.Error($"{global} is given {arguments.Count} arguments of kinds that it does not take");
}
