using Galvani.Checkpoints.Pickles;
using static Galvani.Checkpoints.Tests.HostileFile;

namespace Galvani.Checkpoints.Tests.Pickles;

/// <summary>One test for each way a pickle can be broken, hostile, or unusual.</summary>
public sealed class PickleMachineTests
{
    public static TheoryData<string, string> Broken => new()
    {
        { "0", "stack is empty" },
        { "a", "stack is empty" },
        { "]e", "no mark" },
        { "t", "no mark" },
        { "(]a", "stack is empty" },
        { "](", "stack is empty" },
        { "]]", "at STOP" },
        { "N)a", "what is no list" },
        { "NNNs", "what is no dictionary" },
        { "}(Nu", "odd number" },
        { "}]Ns", "a list cannot be a key" },
        { "}}Ns", "a dictionary cannot be a key" },
        { "h\u0007", "no value 7" },
        { "q\u0001", "stack is empty" },
        { "p12x\n", "memo index" },
        { "NR", "tuple of arguments" },
        { "N)R", "no global" },
        { "NN\u0093", "naming a global" },
        { "NNb", "what is no object" },
        { "}]b", "no dictionary of attributes" },
        { "}}b", "no dictionary of attributes" },
        { "NQ", "names a storage" },
        { ")Q", "names no storage" },
        { "X\u00ff\u00ff\u00ff\u00ff", "4294967295 bytes" },
        { "T\u00ff\u00ff\u00ff\u00ff", "bytes" },
        { "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "18446744073709551615 bytes" },
        { "\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f", "frame of" },
        { "X\u0001\0\0\0\u00ff", "UTF-8" },
        { "cnoline", "line feed" },
        { "I12x\n", "no integer" },
        { "Fx\n", "no number" },
        { "\u0082\u0001", "EXT1" },
        { "\u0097", "NEXT_BUFFER" },
        { "Pid\n", "PERSID" },
        { "\u00ff", "no opcode 0xff" },
        { "A", "no opcode 0x41" },
        { "\u0080\u0009N", "protocol 9" },
        { "(o", "OBJ finds no class" },
        { "N\u0090", "no mark" },
        { "](\u0090", "what is no set" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Run_BrokenPickle_IsOneErrorWithThePlace(string opcodes, string expected)
    {
        var exception = FailPickle(pickle => pickle.Op(opcodes));
        Assert.Contains(expected, exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("archive/data.pkl", exception.Entry);
        Assert.NotNull(exception.ByteOffset);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Run_EveryTruncation_IsRefused()
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", "whole-module.pt"));
        var pickle = checkpoint.ReadPickle().ToArray();
        for (var length = 0; length < pickle.Length; length++)
            FailPickle(pickle[..length]);
    }

    [Fact]
    public void Run_BytesAfterStop_AreRefused() => Assert.Contains("after STOP", FailPickle([.. RawPickle.Of(pickle => pickle.Op('N')), 0]).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_DeepNesting_NamesTheLimit()
    {
        Assert.Contains("(Nesting)", FailPickle(pickle => pickle.Op(new string(']', 1001) + new string('a', 1000))).Message, StringComparison.Ordinal);
        Open(pickle => pickle.Op(new string(']', 1000) + new string('a', 999)), checkpoint => Assert.IsType<PickleList>(checkpoint.Root));
        Assert.Contains("(Nesting)", FailPickle(pickle =>
        {
            pickle.Op(']');
            for (var i = 0; i < 1001; i++)
                pickle.Put(0).Op("0]").Get(0).Op('a'); // each list holds the one before, by the memo
        }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DeepBySharing_NamesTheLimit()
    {
        // Seen first from above (depth 1), then through a chain: the longest way counts.
        Assert.Contains("(Nesting)", FailPickle(pickle =>
        {
            pickle.Op(']').Put(0).Op('0').Op(new string(']', 999)).Get(0).Op(new string('a', 999)).Put(1).Op("0]");
            pickle.Get(0).Op('a').Get(1).Op('a').Put(2).Op("0](").Get(2).Op('e');
        }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BillionLaughs_OpensInBoundedTime() => Open(
        pickle =>
        {
            pickle.Op(']').Put(0);
            for (byte level = 1; level < 60; level++)
                pickle.Op("0](").Get((byte)(level - 1)).Get((byte)(level - 1)).Op('e').Put(level);
        },
        checkpoint => Assert.Empty(checkpoint.Tensors));

    [Fact]
    public void Run_BillionTensors_NamesTheLimit()
    {
        var file = ZipBuilder.Torch(RawPickle.Of(BillionTensors), new byte[4]).Build();
        Assert.Contains("(MemoryRatio)", Fail(file).Message, StringComparison.Ordinal);
        Assert.Contains("(ListedTensors)", Fail(file, CheckpointLimits.Default with { MemoryRatio = int.MaxValue }).Message, StringComparison.Ordinal);
    }

    private static void BillionTensors(RawPickle pickle)
    {
        pickle.Tensor("0", 1, 0, [1], [1]).Put(0);
        for (byte level = 1; level < 60; level++)
            pickle.Op("0](").Get((byte)(level - 1)).Get((byte)(level - 1)).Op('e').Put(level);
    }

    [Fact]
    public void Run_ListInsideItself_Opens() => Open(
        pickle => pickle.Op(']').Put(0).Get(0).Op('a'),
        checkpoint => Assert.Same(checkpoint.Root, checkpoint.Find("/0/0/0")));

    /// <summary>Entries come in batches, for each of which room is made; keys come again in later ones.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(1000)]
    public void Run_EntriesInBatches_KeepFirstPlacesAndLastValues(int batch)
    {
        const int Keys = 2500;
        Open(
            pickle =>
            {
                pickle.Op('}');
                for (var i = 0; i < 2 * Keys; i += batch)
                {
                    pickle.Op('(');
                    for (var entry = i; entry < Math.Min(i + batch, 2 * Keys); entry++)
                        pickle.Int(entry % Keys).Int(entry);
                    pickle.Op('u');
                }
            },
            checkpoint => Assert.Equal(
                Enumerable.Range(0, Keys).Select(key => (key, key + Keys)),
                ((PickleDictionary)checkpoint.Root).Entries.Select(entry => ((int)((PickleInteger)entry.Key).Value, (int)((PickleInteger)entry.Value).Value))));
    }

    [Fact]
    public void Run_KeysEqualInPython_AreOneEntry() => Open(
        pickle => pickle.Op("}(").Int(1).Text("int").Bytes(0x88).Text("bool").Op('G').Bytes(0x3F, 0xF0, 0, 0, 0, 0, 0, 0).Text("float").Text("1").Text("str").Op('u'),
        checkpoint =>
        {
            var root = (PickleDictionary)checkpoint.Root;
            Assert.Equal(2, root.Entries.Count);
            Assert.Equal("float", ((PickleString)root.Entries[0].Value).Value);
            Assert.IsType<PickleInteger>(root.Entries[0].Key);
            Assert.Equal("float", ((PickleString)checkpoint.Find("/1 (int)")!).Value);
            Assert.Equal("str", ((PickleString)checkpoint.Find("/1")!).Value);
        });

    [Fact]
    public void Run_LargeKeysThatRoundToOneDouble_StayApart() => Open(
        pickle => pickle.Op("}(").Long((1L << 53) + 1).Op('N').Long(1L << 53).Op("Nu"),
        checkpoint => Assert.Equal(2, ((PickleDictionary)checkpoint.Root).Entries.Count));

    [Fact]
    public void Run_TupleKeys_AreOneByContent() => Open(
        pickle => pickle.Op("}(").Tuple(1, 2).Op('N').Tuple(1, 2).Text("last").Op('u'),
        checkpoint => Assert.Equal("last", ((PickleString)Assert.Single(((PickleDictionary)checkpoint.Root).Entries).Value).Value));

    [Fact]
    public void Run_SetItems_AreThereOnce() => Open(
        pickle => pickle.Bytes(0x8f).Op('(').Text("a").Text("b").Text("a").Bytes(0x90),
        checkpoint => Assert.Equal(2, ((PickleSet)checkpoint.Root).Items.Count));

    [Fact]
    public void Run_KeyOfDoublingTuples_IsRefused() => Assert.Contains("cannot be a key", FailPickle(pickle =>
    {
        pickle.Op("})");
        for (var i = 0; i < 60; i++)
            pickle.Op('2').Bytes(0x86);
        pickle.Op("Ns");
    }).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_IntegerDigits_AreLimited()
    {
        var bytes = new byte[1786];
        bytes[^1] = 0x7f;
        Assert.Contains("(IntegerDigits)", FailPickle(pickle => pickle.Bytes(0x8b).Bytes(BitConverter.GetBytes(bytes.Length)).Bytes(bytes)).Message, StringComparison.Ordinal);
        Assert.Contains("(IntegerDigits)", FailPickle(pickle => pickle.Op("L1" + new string('0', 4300) + "L\n")).Message, StringComparison.Ordinal);
        Open(pickle => pickle.Op("L" + new string('9', 4300) + "L\n"), checkpoint => Assert.Equal(4300, ((PickleInteger)checkpoint.Root).ToString().Length));
    }

    [Theory]
    [InlineData(']')]
    [InlineData('}')]
    [InlineData('(')]
    [InlineData('N')]
    public void Run_MillionsOfSmallObjects_NameTheLimit(char opcode) =>
        Assert.Contains("(MemoryRatio)", FailPickle(pickle => pickle.Op(new string(opcode, 8_000_000))).Message, StringComparison.Ordinal);

    /// <summary>An unpacked pickle takes memory beside its tree: 100 MB that are 100 kB in the file are over the limit before they are unpacked.</summary>
    [Fact]
    public void Open_DeflatedPickleOutOfProportion_NamesTheLimit()
    {
        var pickle = RawPickle.Of(raw => raw.Bytes(Enumerable.Repeat((byte[])[(byte)'N', (byte)'0'], 40_000_000).SelectMany(pair => pair).ToArray()).Op('N'));
        var file = new ZipBuilder().AddDeflated("archive/data.pkl", pickle).Add("archive/padding", new byte[1 << 20]).Build();
        Assert.Contains("(MemoryRatio)", Fail(file, CheckpointLimits.Default with { InflationRatio = 100_000 }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MemoBomb_NamesTheLimit() => Assert.Contains("(MemoryRatio)", FailPickle([0x80, 4, (byte)'N', .. Enumerable.Repeat((byte)0x94, 8_000_000), (byte)'.']).Message, StringComparison.Ordinal);

    [Fact]
    public void Run_LoneSurrogates_AreKept() => Open(
        pickle => pickle.Counted('X', [0xED, 0xA0, 0x80, (byte)'a']),
        checkpoint => Assert.Equal("\uD800a", ((PickleString)checkpoint.Root).Value));

    [Fact]
    public void Run_BytesOfProtocol2_AreBytes() => Open(
        pickle => pickle.Global("_codecs", "encode").Text("\u00ff\0").Text("latin1").Bytes(0x86).Op('R'),
        checkpoint =>
        {
            Assert.Equal([0xff, 0], ((PickleBytes)checkpoint.Root).Value.ToArray());
            Assert.Empty(checkpoint.Findings);
        });

    [Theory]
    [InlineData("numpy.core.multiarray", "f8", new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0x3F }, "1.5")]
    [InlineData("numpy._core.multiarray", "u8", new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, "18446744073709551615")]
    [InlineData("numpy._core.multiarray", "u4", new byte[] { 255, 255, 255, 255 }, "4294967295")]
    [InlineData("numpy._core.multiarray", "u2", new byte[] { 1, 128 }, "32769")]
    [InlineData("numpy._core.multiarray", "i2", new byte[] { 1, 128 }, "-32767")]
    public void Run_NumpyScalar_IsANumber(string module, string type, byte[] number, string expected) => Open(
        pickle => pickle.Global(module, "scalar").Global("numpy", "dtype").Text(type).Bytes(0x89, 0x88, 0x87).Op("R(").Int(3).Text("<").Op("NNN")
            .Int(-1).Int(-1).Int(0).Op("tb").Bytes([(byte)'C', (byte)number.Length, .. number, 0x86]).Op('R'),
        checkpoint =>
        {
            Assert.Equal(expected, ObjectTree.KeyText(checkpoint.Root));
            Assert.Empty(checkpoint.Findings);
        });

    [Fact]
    public void Run_DefaultDictAndOrderedDictOfPairs_AreDictionaries() => Open(
        pickle => pickle.Op("](").Global("collections", "defaultdict").Global("__builtin__", "int").Bytes(0x85).Op("R").Text("a").Int(1).Op("s")
            .Global("collections", "OrderedDict").Op("](").Tuple(1, 2).Tuple(3, 4).Op('e').Bytes(0x85).Op("Re"),
        checkpoint =>
        {
            Assert.Equal("collections.defaultdict", ((PickleDictionary)checkpoint.Find("/0")!).TypeName);
            Assert.Equal("4", ((PickleInteger)checkpoint.Find("/1/3")!).ToString());
            Assert.Empty(checkpoint.Findings);
        });

    [Fact]
    public void Scan_CallOfAGadget_IsAFindingAndNothingRuns()
    {
        var scan = Scan(RawPickle.Of(pickle => pickle.Global("posix", "system").Text("touch /tmp/x").Bytes(0x85).Op('R')));
        Assert.Null(scan.Failure);
        Assert.Equal([("posix.system", "GLOBAL", false), ("posix.system", "REDUCE", true)], scan.Findings.Select(finding => (finding.Global, finding.Opcode, finding.IsCalled)));
        Assert.Equal("touch /tmp/x", ((PickleString)scan.Findings[1].Arguments[0]).Value);
    }

    [Fact]
    public void Scan_BrokenAfterAGadget_KeepsTheFinding()
    {
        var scan = Scan([0x80, 2, .. "cos\nsystem\n"u8, 0xff]);
        Assert.IsType<CheckpointFormatException>(scan.Failure);
        Assert.Equal(2, Assert.Single(scan.Findings).ByteOffset);
    }

    [Fact]
    public void Scan_ProtocolZeroAndInst_AreRead()
    {
        Assert.Equal("os.system", Scan("(S'ls'\nios\nsystem\n."u8.ToArray()).Findings[^1].Global);
        Assert.Equal("builtins.eval", Scan("c__builtin__\neval\n(Vx\ntR."u8.ToArray()).Findings[^1].Global);
    }

    [Fact]
    public void Scan_StackGlobalFromPieces_IsNamed()
    {
        var scan = Scan([0x80, 4, 0x8c, 5, .. "posix"u8, 0x8c, 6, .. "system"u8, 0x93, (byte)'.']);
        Assert.Equal(("posix.system", "STACK_GLOBAL"), (scan.Findings[0].Global, scan.Findings[0].Opcode));
    }

    [Fact]
    public void Scan_CallOfACallsResult_IsAFinding() =>
        Assert.Contains(Scan(RawPickle.Of(pickle => pickle.Global("operator", "attrgetter").Text("x").Bytes(0x85).Op("R)R"))).Findings, finding => finding is { Global: "operator.attrgetter()", IsCalled: true });

    [Fact]
    public void Scan_PartialOverAnythingElse_IsAFinding()
    {
        Assert.Contains(Scan(RawPickle.Of(pickle => pickle.Global("functools", "partial").Global("collections", "OrderedDict").Bytes(0x85).Op('R'))).Findings, finding => finding.Global == "functools.partial");
        Assert.Contains(Scan(RawPickle.Of(pickle => pickle.Global("functools", "partial"))).Findings, finding => finding.Global == "functools.partial");
        Assert.Empty(Scan(RawPickle.Of(pickle => pickle.Global("functools", "partial").Global("torchtext.data.utils", "_split_tokenizer").Bytes(0x85).Op('R'))).Findings);
    }

    [Fact]
    public void Scan_GlobalWithALineFeed_IsRefused() =>
        Assert.IsType<CheckpointFormatException>(Scan([0x80, 4, 0x8c, 3, .. "a\nb"u8, 0x8c, 1, (byte)'c', 0x93, (byte)'.']).Failure);
}
