namespace Galvani.Testing.Fuzzing;

/// <summary>Values in the forms that few writers use: opcodes of one meaning and several lengths, keys of every type, tensors by each of torch's functions. Each leaves one value on the stack.</summary>
internal static class PickleForms
{
    private const int ManyKeys = 40;

    private static readonly string[] MarkedTypes = ["complex64", "complex64", "complex64", "complex32", "float32", "float16", "int32"];

    private static readonly Action<RawPickle>[] Keys =
    [
        pickle => ShortText(pickle, "ab"),
        pickle => pickle.Bytes(0x8d, 2, 0, 0, 0, 0, 0, 0, 0).Op("ab"), // BINUNICODE8
        pickle => pickle.Bytes(0x8e, 2, 0, 0, 0, 0, 0, 0, 0).Op("ab"), // BINBYTES8
        pickle => pickle.Op("C\u0002ab"),
        pickle => pickle.Op("U\u0002ab"),
        pickle => pickle.Op('X').Bytes(3, 0, 0, 0, 0xED, 0xA0, 0x80), // a lone surrogate
        pickle => pickle.Bytes(0x88),
        pickle => pickle.Op('G').Bytes(0x3F, 0xF0, 0, 0, 0, 0, 0, 0),
        pickle => pickle.Op('G').Bytes(0x3F, 0xF8, 0, 0, 0, 0, 0, 0),
        pickle => pickle.Op('G').Bytes(0x7E, 0x37, 0xE4, 0x3C, 0x88, 0, 0, 0),
        pickle => pickle.Int(1).Op('N').Bytes(0x86),
        pickle => pickle.Int(1).Bytes(0x88).Bytes(0x86),
        pickle => pickle.Global("builtins", "int"),
        pickle => ShortText(ShortText(pickle, "torch"), "Tensor").Bytes(0x93), // STACK_GLOBAL
        pickle => pickle.Global("copy_reg", "_reconstructor"),
        pickle => pickle.Op("(NN1N"), // POP_MARK
        pickle => pickle.Op('N').Put(127).Op("0j").Bytes(127, 0, 0, 0), // LONG_BINGET
        pickle => pickle.Global("builtins", "bytes").Op(")R"),
        pickle => pickle.Global("builtins", "bytes").Text("é").Text("latin1").Bytes(0x86).Op('R'),
        pickle => pickle.Global("builtins", "bytearray").Op(")R"),
        pickle => pickle.Global("builtins", "bytearray").Text("é").Text("latin-1").Bytes(0x86).Op('R'),
        pickle => pickle.Global("builtins", "tuple").Op("]").Bytes(0x85).Op('R'),
    ];

    /// <summary>A value that may be a key.</summary>
    public static void Key(RawPickle pickle, Random random) => Keys[random.Next(Keys.Length)](pickle);

    /// <summary>A container of such keys, some of them twice, some that may be none; a call with keywords.</summary>
    public static void Container(RawPickle pickle, Random random)
    {
        switch (random.Next(5))
        {
            case 0: Mapping(pickle, random); break;
            case 1: Many(pickle.Bytes(0x8f).Op('('), random, each: 1).Bytes(0x90); break; // EMPTY_SET, ADDITEMS
            case 2: Many(pickle.Op('('), random, each: 1).Bytes(0x91); break; // FROZENSET
            case 3: pickle.Global("builtins", "dict"); Mapping(pickle, random); pickle.Bytes(0x85).Op('R'); break;
            default: pickle.Global("argparse", "Namespace").Op(')'); Mapping(pickle, random); pickle.Bytes(0x92); break; // NEWOBJ_EX
        }
    }

    /// <summary>A tensor by one of torch's functions.</summary>
    public static void Tensor(RawPickle pickle, Random random)
    {
        switch (random.Next(7))
        {
            case 0: View(pickle.Global("torch._utils", "_rebuild_tensor").Op('('), random).Op("tR"); break;
            case 1: View(pickle.Global("torch._utils", "_rebuild_tensor_v3").Op('('), random).Bytes(0x89).Op('N').Global("torch", random.Next(4) == 0 ? "FloatStorage" : "int32").Op("tR"); break;
            case 2: Parameter(pickle, random, "_rebuild_parameter").Op("tR"); break;
            case 3: Parameter(pickle, random, "_rebuild_parameter_with_state").Op("}tR"); break;
            case 4: pickle.Op('(').Text("module").Global("some.code", "Thing").Text("a.py").Text("class Thing").Op("tQ"); break;
            case 5: Marked(pickle, random); break;
            default: OfType(pickle, random); break;
        }
    }

    /// <summary>A tensor that torch has conjugated or negated by a mark, without touching its numbers; some types take no such mark.</summary>
    private static void Marked(RawPickle pickle, Random random)
    {
        View(pickle.Global("torch._utils", "_rebuild_tensor_v3").Op('('), random).Bytes(0x89).Op('N').Global("torch", MarkedTypes[random.Next(MarkedTypes.Length)]).Op("}(");
        foreach (var mark in (IReadOnlyList<string>)["conj", "neg"])
        {
            if (random.Next(2) == 0)
                pickle.Text(mark).Bytes(random.Next(12) == 0 ? (byte)0x89 : (byte)0x88);
        }

        pickle.Op("utR");
    }

    /// <summary>A tensor of a class of its own: its attributes are None, plain, or tensors again.</summary>
    private static void OfType(RawPickle pickle, Random random)
    {
        pickle.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._utils", "_rebuild_tensor_v2").Global("some.code", "Thing").Op('(');
        View(pickle, random).Int(random.Next(3)).Op("Nt");
        switch (random.Next(5))
        {
            case 0: pickle.Op('N'); break;
            case 1: pickle.Op('}').Text("a").Int(1).Op('s'); break;
            case 2: pickle.Op('}').Text("a").Op("]s"); break;
            case 3: pickle.Op("N}").Bytes(0x86); break;
            default: pickle.Op(']'); break;
        }

        pickle.Op("tR");
    }

    private static RawPickle Parameter(RawPickle pickle, Random random, string function)
    {
        View(pickle.Global("torch._utils", function).Op('(').Global("torch._utils", "_rebuild_tensor_v2").Op('('), random).Bytes(0x89).Op("NtR");
        return pickle.Int(random.Next(3)).Op('N');
    }

    /// <summary>A storage, an offset, sizes and strides.</summary>
    private static RawPickle View(RawPickle pickle, Random random)
    {
        pickle.Storage("0", "FloatStorage", 4).Long(random.Next(2));
        return random.Next(12) switch
        {
            0 => pickle.Op("]]"),
            1 => pickle.Tuple(new long[65]).Tuple(new long[65]),
            _ => pickle.Tuple(random.Next(3)).Tuple(1),
        };
    }

    private static void Mapping(RawPickle pickle, Random random) => Many(pickle.Op("}("), random, each: 2).Op('u');

    private static RawPickle Many(RawPickle pickle, Random random, int each)
    {
        for (var count = random.Next(4) == 0 ? ManyKeys : random.Next(6); count > 0; count--)
        {
            if (random.Next(100) == 0)
                pickle.Op(']');
            else if (random.Next(4) == 0)
                pickle.Int(count);
            else
                Key(pickle, random);
            for (var value = 1; value < each; value++)
                pickle.Op('N');
        }

        return pickle;
    }

    private static RawPickle ShortText(RawPickle pickle, string text) => pickle.Bytes(0x8c, (byte)text.Length).Op(text);
}
