namespace Galvani.Testing.Fuzzing;

/// <summary>Writes random pickles that know the machine: most opcodes find on the stack what they need, so that a program gets far before it fails.</summary>
/// <param name="random">The source of numbers.</param>
/// <param name="storageCount">The storages of 16 bytes that tensors may name; 0 for a pickle without any around it.</param>
/// <param name="tensor">Writes a tensor; null for one that is rebuilt over a storage.</param>
internal sealed class PickleGenerator(Random random, int storageCount, Action<RawPickle>? tensor = null)
{
    private static readonly (string Module, string Name)[] Globals =
    [
        ("collections", "OrderedDict"), ("argparse", "Namespace"), ("collections", "Counter"), ("builtins", "set"), ("torch", "Size"), ("torch", "float16"), ("torch", "FloatStorage"),
        ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter"), ("functools", "partial"), ("torchtext.vocab", "Vocab"), ("_codecs", "encode"),
        ("numpy.core.multiarray", "scalar"), ("numpy", "dtype"), ("torch.storage", "_load_from_bytes"), ("os", "system"), ("some.code", "Thing"),
    ];

    /// <summary>Numbers and texts as protocol 0 writes them, and a binary number.</summary>
    private static readonly string[] Written =
        ["F1.5\n", "Fnan\n", "F-0.0\n", "I7\n", "I01\n", "L340282366920938463463374607431768211456L\n", "S'a\\x41\\n'\n", "S\"\\\\\"\n", "Va\\u00e9\\U0001f600\n", "Va\\ud800\n", "G\u003f\u0000\0\0\0\0\0\0", "Fx\n", "I\n", "S'a\n"];

    private readonly RawPickle pickle = new();
    private readonly List<Kind> stack = [];
    private readonly List<Kind> memo = [];
    private int mark = -1; // where the values above the only mark begin; -1 without one

    /// <summary>What a value on the stack is good for.</summary>
    private enum Kind
    {
        Key,
        List,
        Dictionary,
        Set,
        Tuple,
        Global,
        Object,
        Other,
    }

    /// <summary>A program of up to 60 steps, now and then broken on purpose.</summary>
    public byte[] Generate()
    {
        pickle.Bytes(0x80, (byte)random.Next(random.Next(40) == 0 ? 9 : 6));
        Push(Kind.List).Op(']');
        for (var step = random.Next(60); step >= 0; step--)
            Step();
        if (mark >= 0)
            CloseMark();
        for (; stack.Count > 1; Pop(1))
            pickle.Op('0');
        var bytes = random.Next(25) == 0 ? pickle.ToArray() : pickle.Op('.').ToArray();
        return random.Next(4) == 0 ? ByteMutator.Mutate(bytes, random) : bytes;
    }

    private void Step()
    {
        if (random.Next(150) == 0)
            pickle.Bytes((byte)random.Next(256));
        var above = stack.Count - Math.Max(mark, 0);
        switch (random.Next(14))
        {
            case 0 when above > 0: memo.Add(stack[^1]); pickle.Put((byte)((memo.Count - 1) & 0x7F)); break;
            case 1 when memo.Count is > 0 and < 128: Recall(random.Next(memo.Count)); break;
            case 2 when above > 2: Join(random.Next(1, 4)); break;
            case 3 when mark < 0: pickle.Op('('); mark = stack.Count; break;
            case 4 when mark >= 0: CloseMark(); break;
            case 5 when above > 1 && stack[^2] is Kind.List or Kind.Object: Pop(1); pickle.Op('a'); break;
            case 6 when above > 2 && stack[^3] is Kind.Dictionary or Kind.Object && stack[^2] == Kind.Key: Pop(2); pickle.Op('s'); break;
            case 7: Call(); break;
            case 8 when above > 1 && stack[^2] == Kind.Object && random.Next(3) == 0: Pop(1); pickle.Op('b'); break;
            case 9 when above > 0: Push(stack[^1]).Op('2'); break;
            default: PushValue(); break;
        }
    }

    private void PushValue()
    {
        switch (random.Next(15))
        {
            case 0: Push(Kind.List).Op(']'); break;
            case 1: Push(Kind.Dictionary).Op('}'); break;
            case 2: Push(Kind.Tuple).Op(')'); break;
            case 3: Push(Kind.Key).Op('N'); break;
            case 4: Push(Kind.Key).Text(random.Next(2) == 0 ? "storage" : new string('k', random.Next(12))); break;
            case 5: Push(Kind.Key).Int(random.Next(-2, 5)); break;
            case 6: Push(Kind.Key).Long(ByteMutator.Extreme(random)); break;
            case 7: PushGlobal(); break;
            case 8 when storageCount > 0: PushTensor(); break;
            case 9: Push(Kind.Key).Counted('B', new byte[random.Next(20)]); break;
            case 10: Push(Kind.Key).Op(Written[random.Next(Written.Length)]); break;
            case 11: PushMade(); break;
            case 12: PickleForms.Key(Push(Kind.Key), random); break;
            case 13 when random.Next(3) == 0: PickleForms.Container(Push(Kind.Other), random); break;
            default: Push(Kind.Set).Bytes(0x8f); break;
        }
    }

    private void PushGlobal()
    {
        var (module, name) = Globals[random.Next(Globals.Length)];
        Push(Kind.Global).Global(module, name);
    }

    private void PushTensor()
    {
        if (tensor is not null)
        {
            tensor(Push(Kind.Other));
            return;
        }

        if (random.Next(3) == 0)
        {
            PickleForms.Tensor(Push(Kind.Other), random);
            return;
        }

        var rank = random.Next(4);
        Push(Kind.Other).Tensor(
            random.Next(storageCount).ToString(System.Globalization.CultureInfo.InvariantCulture), Number(4), Number(0), Sizes(rank, usual: 2), Sizes(random.Next(40) == 0 ? rank + 1 : rank, usual: 1), random.Next(40) == 0 ? "IntStorage" : "FloatStorage");
    }

    /// <summary>A call with the arguments that it takes, or with some that it does not.</summary>
    private void PushMade()
    {
        switch (random.Next(8))
        {
            case 0: Push(Kind.Key).Global("numpy.core.multiarray", "scalar"); NumpyType(); pickle.Counted('B', new byte[1 << random.Next(4)]).Bytes(0x86).Op('R'); break;
            case 1: Push(Kind.Dictionary).Global("collections", "defaultdict").Global("builtins", "list").Bytes(0x85).Op('R'); break;
            case 2: Push(Kind.Dictionary).Global("collections", "OrderedDict").Op("](").Text("a").Int(1).Bytes(0x86).Text("b").Op(random.Next(8) == 0 ? "N" : "N\u0086").Op('e').Bytes(0x85).Op('R'); break;
            case 3: Push(Kind.Dictionary).Global("collections", "Counter").Op('}').Text("a").Int(3).Op('s').Bytes(0x85).Op('R'); break;
            case 4: Push(Kind.Key).Global("builtins", random.Next(2) == 0 ? "frozenset" : "set").Op("](").Int(1).Text("a").Op(random.Next(8) == 0 ? "]" : "N").Op('e').Bytes(0x85).Op('R'); break;
            case 5: Push(Kind.Key).Global("_codecs", "encode").Text(random.Next(8) == 0 ? "я" : "é").Text(random.Next(8) == 0 ? "ascii" : "latin1").Bytes(0x86).Op('R'); break;
            case 6: Push(Kind.List).Global("builtins", "list").Tuple(1, 2).Bytes(0x85).Op('R'); break;
            default: Push(Kind.Key).Global("builtins", "bytearray").Counted('B', new byte[3]).Bytes(0x85).Op('R'); break;
        }
    }

    private void NumpyType()
    {
        var types = new[] { "f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "b1", "O8", "" };
        pickle.Global("numpy", "dtype").Text(types[random.Next(types.Length)]).Bytes(0x89, 0x88, 0x87).Op("R(").Int(3).Text(random.Next(8) == 0 ? ">" : "<").Op("NNN").Int(-1).Int(-1).Int(0).Op("tb");
    }

    private long[] Sizes(int rank, long usual) => [.. Enumerable.Range(0, rank).Select(_ => Number(random.Next((int)usual + 1)))];

    private long Number(long usual) => random.Next(60) == 0 ? ByteMutator.Extreme(random) : usual;

    /// <summary>A global that takes no arguments, or an unknown one with any, called in one of the ways there are.</summary>
    private void Call()
    {
        var (module, name) = Globals[random.Next(3) == 0 ? random.Next(Globals.Length) : random.Next(4)];
        pickle.Global(module, name);
        if (random.Next(6) == 0)
            pickle.Int(1).Bytes(0x85);
        else
            pickle.Op(')');
        pickle.Bytes(random.Next(5) == 0 ? (byte)0x81 : (byte)'R');
        Push(name is "OrderedDict" or "Counter" ? Kind.Dictionary : name == "set" ? Kind.Set : Kind.Object);
    }

    private void Recall(int index) => Push(memo[index]).Get((byte)index);

    private void Join(int count)
    {
        var isKey = stack[^count..].TrueForAll(kind => kind == Kind.Key);
        Pop(count);
        Push(isKey ? Kind.Key : Kind.Tuple).Bytes((byte)(0x84 + count));
    }

    private void CloseMark()
    {
        var (count, before) = (stack.Count - mark, mark > 0 ? stack[mark - 1] : Kind.Other);
        var arePairs = count % 2 == 0 && Enumerable.Range(0, count / 2).All(pair => stack[mark + (2 * pair)] == Kind.Key);
        stack.RemoveRange(mark, count);
        mark = -1;
        if (before is Kind.List or Kind.Object && random.Next(2) == 0)
            pickle.Op('e');
        else if (before is Kind.Dictionary or Kind.Object && arePairs && random.Next(2) == 0)
            pickle.Op('u');
        else if (arePairs && random.Next(2) == 0)
            Push(Kind.Dictionary).Op('d');
        else
            Push(random.Next(2) == 0 ? Kind.Tuple : Kind.List).Op(stack[^1] == Kind.Tuple ? 't' : 'l');
    }

    private RawPickle Push(Kind kind)
    {
        stack.Add(kind);
        return pickle;
    }

    private void Pop(int count) => stack.RemoveRange(stack.Count - count, count);
}
