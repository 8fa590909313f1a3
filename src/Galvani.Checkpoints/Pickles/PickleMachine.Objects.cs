using System.Text;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

/// <content>Globals, calls and states: what Python would import, call and set, turned into records.</content>
internal sealed partial class PickleMachine
{
    private bool TryObject(ref PickleReader reader)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                var module = Encoding.UTF8.GetString(reader.TakeLine());
                return Push(Name(module, Encoding.UTF8.GetString(reader.TakeLine())));
            case PickleOpcode.StackGlobal:
                var names = PopMany(2);
                if (names is not [PickleString moduleName, PickleString name])
                    throw Broken($"STACK_GLOBAL finds {Describe(names[0])} and {Describe(names[1])}, expected two strings");
                return Push(Name(moduleName.Value, name.Value));
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                var call = PopMany(2);
                return Push(Call(call[0], Arguments(call[1])));
            case PickleOpcode.NewObjEx:
                var extended = PopMany(3);
                return Push(Call(extended[0], [.. Arguments(extended[1]), .. extended[2] is PickleDictionary { Entries.Count: 0 } ? [] : (PickleValue[])[extended[2]]]));
            case PickleOpcode.Inst:
                var instance = Name(Encoding.UTF8.GetString(reader.TakeLine()), Encoding.UTF8.GetString(reader.TakeLine()));
                return Push(Call(instance, PopToMark()));
            case PickleOpcode.Obj:
                var parts = PopToMark();
                if (parts.Length == 0)
                    throw Broken("OBJ finds no class");
                return Push(Call(parts[0], parts[1..]));
            case PickleOpcode.Build:
                var state = Pop();
                Build(Peek(), state);
                return true;
            case PickleOpcode.BinPersId:
                return Push(resolvePersistentId(this, Pop()));
            case PickleOpcode.PersId:
                return Push(resolvePersistentId(this, new PickleString(Encoding.Latin1.GetString(reader.TakeLine()))));
            case PickleOpcode.Ext1 or PickleOpcode.Ext2 or PickleOpcode.Ext4:
                throw Broken("An extension code is used; which object it means is not in the file");
            case PickleOpcode.NextBuffer or PickleOpcode.ReadOnlyBuffer:
                throw Broken("An out-of-band buffer is used; it is not in the file");
            default:
                return false;
        }
    }

    private PickleGlobal Name(string module, string name)
    {
        var global = PickleGlobals.Canonical(module, name);
        if (!PickleGlobals.IsInterpreted(global))
            findings.Add(new PickleFinding(global, OpcodeName(), opcodeOffset, IsCalled: false, []));
        return new PickleGlobal(global);
    }

    private IReadOnlyList<PickleValue> Arguments(PickleValue value) => value switch
    {
        PickleTuple tuple => tuple.Items,
        _ => throw Broken($"The arguments of a call are {Describe(value)}, expected a tuple"),
    };

    private PickleValue Call(PickleValue callable, IReadOnlyList<PickleValue> arguments)
    {
        if (callable is not PickleGlobal { Name: var global })
        {
            var described = callable is PickleObject made ? made.Global + "()" : Describe(callable);
            findings.Add(new PickleFinding(described, OpcodeName(), opcodeOffset, IsCalled: true, arguments));
            return new PickleObject(described, arguments);
        }

        switch (global)
        {
            case PickleGlobals.RebuildTensorV2 or PickleGlobals.RebuildTensor or PickleGlobals.RebuildTensorV3:
                return new PickleTensor(RebuildTensor(global, arguments));
            case PickleGlobals.RebuildParameter or PickleGlobals.RebuildParameterWithState:
                return RebuildParameter(arguments);
            case PickleGlobals.OrderedDict or PickleGlobals.Counter or "builtins.dict":
                return NewDictionary(global == "builtins.dict" ? "dict" : global, arguments);
            case PickleGlobals.DefaultDict:
                return NewDictionary(global, arguments.Count > 1 ? [arguments[1]] : []);
            case PickleGlobals.Namespace:
                return new PickleDictionary(global);
            case "builtins.set" or "builtins.frozenset":
                return FillSet(new PickleSet(global[9..]), arguments.Count == 0 ? [] : Sequence(arguments[0]));
            case "builtins.list":
                var list = new PickleList();
                AppendAll(list, arguments.Count == 0 ? [] : Sequence(arguments[0]));
                return list;
            case "builtins.tuple" or PickleGlobals.TorchSize:
                return new PickleTuple(arguments.Count == 0 ? [] : [.. Sequence(arguments[0])], global == PickleGlobals.TorchSize ? global : "tuple");
            case PickleGlobals.CodecsEncode or "builtins.bytes" or "builtins.bytearray":
                return ToBytes(global, arguments);
            default:
                return CallInert(global, arguments);
        }
    }

    private PickleObject CallInert(string global, IReadOnlyList<PickleValue> arguments)
    {
        var isKnownPartial = global == "functools.partial" && arguments is [PickleGlobal { Name: var function }, ..] && IsPartialTarget(function);
        if (isKnownPartial)
            findings.RemoveAll(finding => finding is { Global: "functools.partial", IsCalled: false });
        else if (!PickleGlobals.IsInterpreted(global))
            findings.Add(new PickleFinding(global, OpcodeName(), opcodeOffset, IsCalled: true, arguments));
        return new PickleObject(global, arguments, isNew: opcode is PickleOpcode.NewObj or PickleOpcode.NewObjEx);
    }

    private static bool IsPartialTarget(string function) =>
        function is "onmt.inputters.text_dataset._feature_tokenize" or "torchtext.data.utils._split_tokenizer";

    private PickleDictionary NewDictionary(string typeName, IReadOnlyList<PickleValue> arguments)
    {
        var dictionary = new PickleDictionary(typeName);
        if (arguments.Count == 0)
            return dictionary;
        if (arguments[0] is PickleDictionary source)
        {
            foreach (var (key, value) in source.Entries)
                dictionary.Set(key, value);
            return dictionary;
        }

        foreach (var pair in Sequence(arguments[0]))
        {
            if (Sequence(pair) is not [var key, var value])
                throw Broken($"{typeName} is made from {Describe(pair)}, expected pairs");
            dictionary.Set(key, value);
        }

        return dictionary;
    }

    private IReadOnlyList<PickleValue> Sequence(PickleValue value) => value switch
    {
        PickleList list => list.Items,
        PickleTuple tuple => tuple.Items,
        PickleSet set => set.Items,
        _ => throw Broken($"A list or tuple is expected, found {Describe(value)}"),
    };

    private PickleBytes ToBytes(string global, IReadOnlyList<PickleValue> arguments) => arguments switch
    {
        [] => new PickleBytes(ReadOnlyMemory<byte>.Empty),
        [PickleBytes bytes] => bytes,
        [PickleString text, PickleString { Value: "latin1" or "latin-1" }] when !text.Value.Any(character => character > 255) => new PickleBytes(Encoding.Latin1.GetBytes(text.Value)),
        _ => throw Broken($"{global} is called in a way that pickles do not use"),
    };

    private TensorView RebuildTensor(string function, IReadOnlyList<PickleValue> arguments)
    {
        if (arguments.Count < 4 || arguments[0] is not PickleStorage { Storage: var storage })
            throw Broken($"{function} needs a storage, an offset, sizes and strides");
        if (function == PickleGlobals.RebuildTensorV3)
            storage = Retype(storage, arguments.Count > 6 ? arguments[6] : PickleNone.Instance);
        var (shape, strides) = (Sizes(arguments[2], "sizes"), Sizes(arguments[3], "strides"));
        var requiresGrad = arguments.Count > 4 && arguments[4] is PickleBool { Value: true };
        return TensorBounds.Create(storage, Size(arguments[1], "offset"), shape, strides, requiresGrad, limits, Broken);
    }

    private StorageView Retype(StorageView storage, PickleValue type)
    {
        if (type is not PickleGlobal { Name: var name } || !DTypes.TryParse(name, out var dtype))
            throw Broken($"_rebuild_tensor_v3 names the type {Describe(type)}, which is none of torch's");
        return storage.WithType(dtype);
    }

    private PickleTensor RebuildParameter(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments.Count == 0 || arguments[0] is not PickleTensor { View: var data })
            throw Broken("A parameter is rebuilt without a tensor");
        var requiresGrad = arguments.Count > 1 && arguments[1] is PickleBool { Value: true };
        return new PickleTensor(new TensorView(data.Storage, data.StorageOffset, [.. data.Shape], [.. data.Strides], requiresGrad, isParameter: true));
    }

    private long[] Sizes(PickleValue value, string what)
    {
        var items = Sequence(value);
        if (items.Count > limits.Rank)
            throw Broken($"A tensor has {items.Count} dimensions, the limit (Rank) is {limits.Rank}");
        var sizes = new long[items.Count];
        for (var i = 0; i < sizes.Length; i++)
            sizes[i] = Size(items[i], what);
        return sizes;
    }

    private long Size(PickleValue value, string what) =>
        value is PickleInteger integer && integer.Value >= 0 && integer.Value <= long.MaxValue
            ? (long)integer.Value
            : throw Broken($"A tensor's {what} has {Describe(value)}, expected a non-negative 64-bit integer");

    private void Build(PickleValue target, PickleValue state)
    {
        switch (target)
        {
            case PickleObject made:
                CheckPartial(made, state);
                made.State = state;
                break;
            case PickleDictionary { TypeName: PickleGlobals.Namespace } space when state is PickleDictionary attributes:
                foreach (var (key, value) in attributes.Entries)
                    space.Set(key, value);
                break;
            case PickleDictionary dictionary when state is PickleDictionary attributes:
                dictionary.Attributes = attributes;
                break;
            default:
                throw Broken($"BUILD sets {Describe(state)} on {Describe(target)}");
        }
    }

    /// <summary>A partial's state names its function again; another function there is a finding.</summary>
    private void CheckPartial(PickleObject made, PickleValue state)
    {
        if (made.Global == "functools.partial" && !(state is PickleTuple { Items: [PickleGlobal { Name: var function }, ..] } && IsPartialTarget(function)))
            findings.Add(new PickleFinding(made.Global, OpcodeName(), opcodeOffset, IsCalled: true, made.Arguments));
    }

    private void AppendAll(PickleValue target, IReadOnlyList<PickleValue> items)
    {
        foreach (var item in items)
        {
            switch (target)
            {
                case PickleList list:
                    list.Append(item);
                    break;
                case PickleObject made:
                    made.Append(item);
                    break;
                default:
                    throw Broken($"{OpcodeName()} finds {Describe(target)}, expected a list");
            }
        }
    }

    private void SetAll(PickleValue target, PickleValue[] entries)
    {
        if (entries.Length % 2 != 0)
            throw Broken($"{OpcodeName()} finds a key without a value");
        for (var i = 0; i < entries.Length; i += 2)
        {
            switch (target)
            {
                case PickleDictionary dictionary when IsHashable(entries[i]):
                    dictionary.Set(entries[i], entries[i + 1]);
                    break;
                case PickleObject made:
                    made.Set(entries[i], entries[i + 1]);
                    break;
                case PickleDictionary:
                    throw Broken($"{Describe(entries[i])} cannot be a key");
                default:
                    throw Broken($"{OpcodeName()} finds {Describe(target)}, expected a dictionary");
            }
        }
    }

    private static bool IsHashable(PickleValue key) => key is not (PickleList or PickleDictionary or PickleSet { TypeName: "set" });

    private static PickleSet FillSet(PickleSet set, IReadOnlyList<PickleValue> items)
    {
        foreach (var item in items)
            set.Add(item);
        return set;
    }

    private string OpcodeName() => PickleOpcodes.Name(opcode);

    /// <summary>What a node is, for messages.</summary>
    internal static string Describe(PickleValue value) => value switch
    {
        PickleNone => "None",
        PickleBool => "a bool",
        PickleInteger integer => integer.Value.IsZero || BigIntegerIsShort(integer) ? $"the integer {integer.Value}" : "a large integer",
        PickleFloat => "a float",
        PickleString => "a string",
        PickleBytes => "bytes",
        PickleList => "a list",
        PickleTuple => "a tuple",
        PickleSet set => $"a {set.TypeName}",
        PickleDictionary dictionary => $"a {dictionary.TypeName}",
        PickleTensor => "a tensor",
        PickleStorage => "a storage",
        PickleGlobal global => $"the global {global.Name}",
        PickleObject made => $"an object of {made.Global}",
        _ => "an object",
    };

    private static bool BigIntegerIsShort(PickleInteger integer) => integer.Value >= long.MinValue && integer.Value <= long.MaxValue;
}
