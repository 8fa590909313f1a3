using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

internal sealed partial class GlobalInterpreter
{
    private readonly Dictionary<StorageView, PickleStorage> storageNodes = new(storages.ExpectedCount, ReferenceEqualityComparer.Instance);

    private readonly Func<string, CheckpointFormatException> broken = cursor.Error; // one for all tensors

    private long[] lastShape = [];
    private long[] lastStrides = [];

    private readonly Dictionary<(StorageView Root, string Key), StorageView> storageParts = [];

    private readonly Dictionary<(StorageView Stored, LazySignMarks Marks), StorageView> turnedStorages = [];

    /// <summary>
    /// What a persistent id names: <c>('storage', class, key, location, element count[, view])</c> is a storage; in the old container
    /// <c>('module', class, file, source)</c> is the class of a module that was saved whole, and its source text is left alone. In a tar archive a key names a tensor or a storage.
    /// Null for what names nothing.
    /// </summary>
    public PickleValue? FindPersistent(PickleValue id) => id switch
    {
        PickleTuple { Items: [PickleString { Value: "module" }, PickleGlobal module, _, _] } => module,
        _ when storages.FindObject(id) is { } known => known,
        PickleTuple tuple => FindStorage(tuple),
        _ => null,
    };

    private PickleStorage FindStorage(PickleTuple id)
    {
        if (id.Items is not [PickleString { Value: "storage" }, PickleGlobal type, PickleString key, PickleString location, PickleInteger count, ..]
            || id.Items.Count > 6 || !count.TryGetInt64(out var elementCount) || elementCount < 0)
            throw cursor.Error("A persistent id names no storage; expected ('storage', class, key, location, element count)");
        if (!PickleGlobals.TryGetStorageType(type.Name, out var dtype))
            throw cursor.Error($"Storage {key.Value} is of the unknown class {type.Name}");
        if (storages.Find(key.Value, dtype, elementCount, location.Value, out var problem) is not { } storage)
            throw cursor.Error(problem);
        var part = id.Items.Count == 6 ? PartOf(storage, id.Items[5]) : storage;
        return NodeOf(part, ReferenceEquals(part, storage) ? storages.StorageBytes : PickleBudget.StorageBytes);
    }

    private PickleStorage NodeOf(StorageView storage, int bytes)
    {
        if (storageNodes.TryGetValue(storage, out var known))
            return known;
        Charge(bytes);
        var node = new PickleStorage(storage);
        storageNodes.Add(storage, node);
        return node;
    }

    /// <summary>A part of a storage that was a storage of its own in torch before 0.4: <c>(key, first element, element count)</c>, or None.</summary>
    private StorageView PartOf(StorageView root, PickleValue view)
    {
        if (view is PickleNone)
            return root;
        if (view is not PickleTuple { Items: [PickleString key, PickleInteger first, PickleInteger count] }
            || !first.TryGetInt64(out var start) || !count.TryGetInt64(out var length) || start < 0 || length < 0 || start > root.ElementCount - length)
            throw cursor.Error($"A persistent id takes what is no part of storage {root.Key}; expected (key, first element, element count) inside its {root.ElementCount} elements");
        if (!storageParts.TryGetValue((root, key.Value), out var part))
            storageParts.Add((root, key.Value), part = root.Part(start, length));
        return part.ElementCount == length ? part : throw cursor.Error($"Part {key.Value} of storage {root.Key} has {length} elements here, {part.ElementCount} before");
    }

    /// <summary><c>(bytes,)</c>: a storage with its numbers inside the pickle.</summary>
    private PickleStorage LoadFromBytes(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [PickleBytes bytes])
            throw Mismatch("torch.storage._load_from_bytes", arguments);
        return NodeOf(runner.LoadNested(bytes.Value, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"storage pickled at byte {cursor.OpcodeOffset}")), PickleBudget.StorageBytes);
    }

    /// <summary><c>(storage, offset, size, strides[, requires_grad, backward_hooks[, metadata]])</c>.</summary>
    private PickleTensor RebuildTensor(IReadOnlyList<PickleValue> arguments, bool withGradient)
    {
        if (withGradient ? arguments.Count is not (6 or 7) : arguments.Count != 4)
            throw Mismatch("_rebuild_tensor", arguments);
        return MakeTensor(StorageOf(arguments[0]), arguments, withGradient && IsTrue(arguments[4]), arguments.Count == 7 ? arguments[6] : null);
    }

    /// <summary><c>(storage, offset, size, strides, requires_grad, backward_hooks, dtype[, metadata])</c>.</summary>
    private PickleTensor RebuildTensorOfType(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments.Count is not (7 or 8) || arguments[6] is not PickleGlobal global)
            throw Mismatch("_rebuild_tensor_v3", arguments);
        if (global.Role != GlobalRole.DType || !DTypes.TryParse(global.Name, out var type))
            throw cursor.Error($"A tensor is of {global.Name}, which is no known element type");
        return MakeTensor(StorageOf(arguments[0]).WithType(type), arguments, IsTrue(arguments[4]), arguments.Count == 8 ? arguments[7] : null);
    }

    /// <summary><c>(tensor, requires_grad, backward_hooks)</c>.</summary>
    private PickleTensor RebuildParameter(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [PickleTensor tensor, var requiresGrad, _])
            throw Mismatch("_rebuild_parameter", arguments);
        Charge(PickleBudget.TensorBytes);
        return new PickleTensor(tensor.View.AsParameter(IsTrue(requiresGrad)));
    }

    /// <summary><c>(tensor, requires_grad, backward_hooks, state)</c>.</summary>
    private PickleTensor RebuildParameterWithState(PickleGlobal global, IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [var tensor, var requiresGrad, var hooks, var state])
            throw Mismatch("_rebuild_parameter_with_state", arguments);
        return new PickleTensor(RebuildParameter([tensor, requiresGrad, hooks]).View.WithWrapper(new TensorWrapper(global, Class: null, state)));
    }

    /// <summary>
    /// <c>(function, class, arguments, state)</c>: a tensor of a class of its own, or with attributes. Read is the tensor, which keeps class and attributes to be written;
    /// null where the attributes are such, too, and it is left as it is.
    /// </summary>
    private PickleTensor? RebuildFromType(PickleGlobal global, IReadOnlyList<PickleValue> arguments) =>
        arguments is [PickleGlobal { Role: GlobalRole.RebuildTensor or GlobalRole.RebuildTensorV2 or GlobalRole.RebuildTensorV3 or GlobalRole.RebuildParameter } function, PickleGlobal type, PickleTuple { Items: var inner }, var state]
            && IsWithoutTensors(state)
            ? new PickleTensor(((PickleTensor)Call(function, inner)!).View.WithWrapper(new TensorWrapper(global, type, state)))
            : null;

    /// <summary>Whether attributes are plain values: None, a dictionary, or a tuple of these where the class has slots.</summary>
    private static bool IsWithoutTensors(PickleValue state) => state switch
    {
        PickleNone => true,
        PickleDictionary attributes => attributes.Entries.All(entry => !PickleTree.IsContainer(entry.Value) && entry.Value is not (PickleTensor or PickleStorage)),
        PickleTuple { Items: [PickleNone or PickleDictionary, PickleNone or PickleDictionary] pair } => pair.All(IsWithoutTensors),
        _ => false,
    };

    private PickleTensor MakeTensor(StorageView stored, IReadOnlyList<PickleValue> arguments, bool requiresGrad, PickleValue? metadata)
    {
        var storage = WithSigns(stored, MarksOf(metadata));
        if (arguments[1] is not PickleInteger offsetNode || !offsetNode.TryGetInt64(out var offset) || offset < 0)
            throw cursor.Error("The storage offset of a tensor is no non-negative 64-bit integer");
        var shape = lastShape = Integers(arguments[2], "shape", lastShape);
        var strides = lastStrides = Integers(arguments[3], "strides", lastStrides);
        Charge(PickleBudget.TensorBytes + 16L * shape.Length);
        var view = TensorBounds.Create(storage, offset, shape, strides, requiresGrad, limits, broken);
        if (budget.ChargeTensor(view.LogicalBytes) is { } excess)
            throw cursor.Error(excess);
        return new PickleTensor(view);
    }

    /// <summary>
    /// The marks <c>conj</c> and <c>neg</c>, which are there where they are true. Other keys are for devices of other makers, and torch on a processor does not look at them either.
    /// </summary>
    private LazySignMarks MarksOf(PickleValue? metadata)
    {
        if (metadata is null or PickleNone)
            return LazySignMarks.None;
        if (metadata is not PickleDictionary marks)
            throw cursor.Error("The metadata of a tensor is no dictionary");
        return MarkOf(marks, "conj", LazySignMarks.Conjugated) | MarkOf(marks, "neg", LazySignMarks.Negated);
    }

    private LazySignMarks MarkOf(PickleDictionary marks, string name, LazySignMarks mark) => marks[name] switch
    {
        null => LazySignMarks.None,
        PickleBool { Value: true } => mark,
        _ => throw cursor.Error($"The mark {name} of a tensor is not True"),
    };

    /// <summary>The elements with their signs turned: one storage for all tensors that share the stored one and the marks.</summary>
    private StorageView WithSigns(StorageView stored, LazySignMarks marks)
    {
        if (marks == LazySignMarks.None)
            return stored;
        if (!LazySigns.Fit(stored.DType, marks))
            throw cursor.Error($"A tensor of {stored.DType.TorchName()} is marked as conjugated or negated; expected complex or floating-point numbers");
        if (turnedStorages.TryGetValue((stored, marks), out var known))
            return known;
        Charge(PickleBudget.StorageBytes);
        var turned = LazySigns.Turn(stored, marks);
        turnedStorages.Add((stored, marks), turned);
        return turned;
    }

    private StorageView StorageOf(PickleValue value) =>
        value is PickleStorage node ? node.Storage : throw cursor.Error("A tensor is rebuilt from what is no storage");

    /// <summary>The integers of a tuple; the array of the tensor before where they are the same, so that very many small tensors share a few.</summary>
    private long[] Integers(PickleValue value, string what, long[] previous)
    {
        if (value is not PickleTuple tuple)
            throw cursor.Error($"The {what} of a tensor is no tuple");
        if (tuple.Items.Count > limits.Rank)
            throw cursor.Error($"A tensor has {tuple.Items.Count} dimensions, the limit (Rank) is {limits.Rank}");
        var numbers = tuple.Items.Count == previous.Length ? previous : new long[tuple.Items.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (tuple.Items[i] is not PickleInteger item || !item.TryGetInt64(out var number) || number < 0)
                throw cursor.Error($"The {what} of a tensor holds what is no non-negative 64-bit integer");
            if (ReferenceEquals(numbers, previous) && number != previous[i])
                numbers = [.. previous]; // those before are the same
            if (!ReferenceEquals(numbers, previous))
                numbers[i] = number;
        }

        return numbers;
    }

    private bool IsTrue(PickleValue value) => value switch
    {
        PickleBool truth => truth.Value,
        PickleInteger number when number.TryGetInt64(out var bit) && bit is 0 or 1 => number.Value.IsOne,
        _ => throw cursor.Error("The requires_grad of a tensor is no truth value"),
    };
}
