namespace Galvani.Testing.Hostile;

/// <summary>Pickles that are no right programs, or that ask for more than a reader should give.</summary>
internal static class PickleTricks
{
    public static IEnumerable<Trick> All() => [.. Broken(), .. Greedy(), .. Cut()];

    private static IEnumerable<Trick> Broken() =>
    [
        Pickle("memo-never-put.pt", "memo has no value 7", pickle => pickle.Get(7)),
        Pickle("memo-put-twice.pt", null, pickle => pickle.Global("os", "path").Put(0).Op('0').Text("x").Put(0).Op("0}").Get(0).Op("Ns")) with { Finding = "os.path" },
        Pickle("memo-number-that-is-none.pt", "memo index", pickle => pickle.Op("}p-1\n")),
        Pickle("memo-far-apart.pt", null, pickle => pickle.Op("}r").Bytes(255, 255, 255, 255)),
        Pickle("stack-global-of-numbers.pt", "no string naming a global", pickle => pickle.Int(1).Int(2).Bytes(0x93)),
        Pickle("global-with-line-feed.pt", "control characters", pickle => pickle.Text("os\nx").Text("system").Bytes(0x93)),
        Pickle("call-of-a-number.pt", "no global", pickle => pickle.Int(1).Op(")R")),
        Pickle("call-with-a-list.pt", "no tuple of arguments", pickle => pickle.Global("os", "system").Op("]R")),
        Pickle("persistent-id-in-text.pt", "PERSID", pickle => pickle.Op("P0\n")),
        Pickle("persistent-id-that-is-a-number.pt", "no tuple that names a storage", pickle => pickle.Int(0).Op('Q')),
        Pickle("persistent-id-of-another-kind.pt", "names no storage", pickle => pickle.Op('(').Text("file").Text("/etc/passwd").Op("tQ")),
        Pickle("persistent-id-of-unknown-class.pt", "unknown class os.system", pickle => pickle.Op('(').Text("storage").Global("os", "system").Text("0").Text("cpu").Int(1).Op("tQ")),
        Pickle("persistent-id-with-negative-count.pt", "names no storage", pickle => pickle.Storage("0", "FloatStorage", -1)),
        Pickle("setitems-on-a-list.pt", "no dictionary", pickle => pickle.Op("](").Text("a").Int(1).Op('u')),
        Pickle("setitems-of-an-odd-number.pt", "odd number", pickle => pickle.Op("}(").Text("a").Op('u')),
        Pickle("setitem-with-a-list-as-key.pt", "cannot be a key", pickle => pickle.Op("}]Ns")),
        Pickle("appends-on-a-dictionary.pt", "no list", pickle => pickle.Op("}(Ne")),
        Pickle("additems-on-a-list.pt", "no set", pickle => pickle.Op("](N").Bytes(0x90)),
        Pickle("build-on-a-number.pt", "no object", pickle => pickle.Int(1).Op("}b")),
        Pickle("build-of-a-state-inside-itself.pt", "its own state", pickle => pickle.Global("argparse", "Namespace").Op(")R").Op("2b")),
        Pickle("stack-empty.pt", "stack is empty", pickle => pickle.Op('0')),
        Pickle("mark-missing.pt", "no mark", pickle => pickle.Op('t')),
        Pickle("mark-left.pt", "marks at STOP", pickle => pickle.Op("(N")),
        Pickle("two-results.pt", "beside the result", pickle => pickle.Op("NN")),
        Pickle("extension-code.pt", "EXT1", pickle => pickle.Bytes(0x82, 1)),
        Pickle("out-of-band-buffer.pt", "NEXT_BUFFER", pickle => pickle.Bytes(0x97)),
        Pickle("text-not-utf8.pt", "not UTF-8", pickle => pickle.Bytes((byte)'X', 1, 0, 0, 0, 0xFF)),
        Whole("protocol-6.pt", "protocol 6", [0x80, 6, (byte)'N', (byte)'.']),
        Whole("bytes-behind-stop.pt", "after STOP", [0x80, 2, (byte)'N', (byte)'.', (byte)'N']),
        Whole("empty-pickle.pt", "ends without STOP", []),
        Whole("only-stop.pt", "stack is empty", [(byte)'.']),
    ];

    private static IEnumerable<Trick> Greedy() =>
    [
        Pickle("length-of-4-gigabytes.pt", "needs 4294967295 bytes", pickle => pickle.Bytes((byte)'X', 255, 255, 255, 255)),
        Pickle("length-of-16-exabytes.pt", "needs 18446744073709551615 bytes", pickle => pickle.Bytes(0x8e, 255, 255, 255, 255, 255, 255, 255, 255)),
        Pickle("length-negative.pt", "needs 4294967295 bytes", pickle => pickle.Bytes(0x8b, 255, 255, 255, 255)),
        Pickle("frame-of-16-exabytes.pt", "frame", pickle => pickle.Bytes(0x95, 255, 255, 255, 255, 255, 255, 255, 255)),
        Pickle("integer-of-5000-digits.pt", "(IntegerDigits)", pickle => pickle.Op($"L{new string('9', 5000)}L\n")),
        Pickle("integer-of-64-kilobytes.pt", "(IntegerDigits)", pickle => pickle.Counted((char)0x8b, new byte[65536].AsSpan().ToArray().Select(_ => (byte)1).ToArray())),
        Pickle("nested-2000-deep.pt", "(Nesting)", pickle => pickle.Op(new string(']', 2000)).Op(new string('a', 1999))),
        Pickle("nested-100000-deep-in-tuples.pt", "(Nesting)", pickle => Repeat(pickle.Op('N'), 100_000, 0x85)),
        Pickle("nested-through-the-memo.pt", "(Nesting)", Spiral),
        Pickle("inside-itself-list.pt", null, pickle => pickle.Op(']').Put(0).Get(0).Op('a')),
        Pickle("inside-itself-tuple.pt", null, pickle => pickle.Op(']').Put(0).Op('0').Get(0).Bytes(0x85).Put(1).Op('0').Get(0).Get(1).Op("a0").Get(1)),
        Pickle("inside-itself-dictionary.pt", null, pickle => pickle.Op('}').Put(0).Text("a").Get(0).Op('s')),
        Pickle("inside-itself-object.pt", null, pickle => pickle.Global("some.code", "Thing").Op(")R").Put(0).Op('}').Text("a").Get(0).Op("sb")) with { Finding = "some.code.Thing", IsDangerous = false },
        Pickle("billion-laughs-of-lists.pt", null, pickle => Laughs(pickle, innermost: "]N")),
        Pickle("billion-laughs-of-tuples-as-key.pt", "cannot be a key", pickle => Laughs(pickle.Op('}'), innermost: ")N", 0x86).Op("Ns")),
        Pickle("key-nested-in-tuples.pt", "cannot be a key", pickle => Repeat(pickle.Op("}N"), 500, 0x85).Op("Ns")),
    ];

    private static IEnumerable<Trick> Cut()
    {
        var whole = ZipBuilder.Torch(RawPickle.Of(pickle => pickle.Op('}').Text("w").Tensor("0", 4, 0, [2, 2], [2, 1]).Op('s')), new byte[16]).Build();
        foreach (var share in (int[])[1, 10, 30, 50, 70, 90, 99])
            yield return new Trick($"cut-at-{share}-percent.pt", whole[..(whole.Length * share / 100)], share == 1 ? "is cut short" : "end record is missing");
        yield return new Trick("cut-by-one-byte.pt", whole[..^1], "end record");
        yield return new Trick("empty.pt", [], "empty file");
    }

    private static RawPickle Repeat(RawPickle pickle, int count, byte opcode)
    {
        var opcodes = new byte[count];
        Array.Fill(opcodes, opcode);
        return pickle.Bytes(opcodes);
    }

    /// <summary>Lists of two, each holding the one before twice: 2^64 elements when walked.</summary>
    private static RawPickle Laughs(RawPickle pickle, string innermost, byte pairing = 0)
    {
        pickle.Op(innermost);
        if (pairing == 0)
            pickle.Op('a');
        else
            pickle.Op('0');
        for (byte level = 0; level < 64; level++)
        {
            pickle.Put(level);
            if (pairing != 0)
                pickle.Get(level).Bytes(pairing);
            else
                pickle.Op("0](").Get(level).Get(level).Op('e');
        }

        return pickle;
    }

    /// <summary>A list in a list in a list, each finished before the next begins, so that the stack stays flat.</summary>
    private static void Spiral(RawPickle pickle)
    {
        pickle.Op(']').Put(0).Op('0');
        for (var i = 0; i < 3000; i++)
            pickle.Op(']').Get(0).Op('a').Put(0).Op('0');
        pickle.Get(0);
    }

    private static Trick Pickle(string name, string? error, Action<RawPickle> write) => Whole(name, error, RawPickle.Of(write));

    private static Trick Whole(string name, string? error, byte[] pickle) => new(name, ZipBuilder.Torch(pickle).Build(), error);
}
