using System.Buffers.Binary;
using System.Text;
using Galvani.Checkpoints;

namespace Galvani.Interop.Tests;

/// <summary>What Python loads and we refuse: the list of <c>docs/formats/refused.md</c>, each with the file that shows it. Only broken or hostile writers make these.</summary>
public sealed class RefusedTests
{
    private const string Load = """
        import sys, warnings, torch, numpy, pickle
        warnings.simplefilter('ignore')
        path, loader = sys.argv[1:3]
        value = torch.load(path) if loader == 'torch' else pickle.load(open(path, 'rb')) if loader == 'pickle' else numpy.load(path)
        if loader == 'numpy' and hasattr(value, 'files'):
            value = {name: value[name] for name in value.files}
        print('loaded', type(value).__name__)
        """;

    public static TheoryData<string, string, byte[], string> Files => new()
    {
        { "bytes behind the zip", "torch", Zip(zip => zip.After = new byte[3]), "end record" },
        { "bytes between entries and directory", "torch", Zip(zip => zip.BeforeDirectory = new byte[40]), "belong to no entry" },
        { "two entries of one name", "torch", Zip(zip => zip.Add("archive/version", "3\n"u8.ToArray())), "two entries are named" },
        { "a pickle of another checksum", "torch", Torch(header => header[14] ^= 1, header => header[16] ^= 1), "checksum" },
        { "a local header of another checksum", "torch", Torch(header => header[14] ^= 1, null), "CRC" },
        { "a storage shorter than its entry", "torch", ZipBuilder.Torch(Tensor(elementCount: 2), new byte[16]).Build(), "its entry has 16" },
        { "bytes behind the old container", "torch", [.. LegacyBuilder.Tensor().Build(), 1, 2, 3], "goes on for 3 bytes" },
        { "a storage of the old container that nothing names", "torch", Unplaced(), "has no bytes in the file" },
        { "bytes behind a pickle", "pickle", [0x80, 2, (byte)'}', (byte)'.', 1], "goes on for 1 bytes" },
        { "values left on the stack", "pickle", [0x80, 2, (byte)'N', (byte)'}', (byte)'.'], "beside the result" },
        { "bytes behind an array", "numpy", [.. Array("(4,)"), .. new byte[20]], "has 20 bytes of data, its shape needs 16" },
        { "an archive of arrays with another entry", "numpy", new ZipBuilder().Add("a.npy", [.. Array("(4,)"), .. new byte[16]]).Add("b.txt", [1]).Build(), "expected names that end with .npy" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_WhatPythonLoads_IsRefused(string what, string loader, byte[] file, string expected)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        Assert.StartsWith("loaded", PythonScript.Run(Load, folder.File("x"), loader), StringComparison.Ordinal);
        var exception = Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(folder.File("x")));
        Assert.True(exception.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {exception.Message}");
    }

    /// <summary>Archives of torch before 0.1.10, which Python's tarfile reads leniently, and torch after it.</summary>
    public static TheoryData<string, byte[], string> Archives => new()
    {
        { "a size to the base 256", Header("storages", header => Base256(header, TarBuilder.Whole().Length("storages"))), "no octal number" },
        { "a size with a sign", Header("storages", header => Field(header, 124, $"+{Octal(TarBuilder.Whole().Length("storages"))}\0")), "no octal number" },
        { "a size that is blank, of a file of nothing", Before("empty", header => header.AsSpan(124, 12).Clear()), "lacks a number" },
        { "a checksum of signed bytes", SignedSum(), "checksum does not fit" },
        { "a name of GNU", Gnu('L'), "entry of type 'L'" },
        { "a link's name of GNU", Gnu('K'), "entry of type 'K'" },
        { "a name in an extended header", Records("17 path=storages\n", "x"), "'path', expected" },
        { "a size in an extended header that the header has room for", Records(SizeRecord(TarBuilder.Whole().Length("storages")), "storages"), "expected that only where" },
        { "a comment in an extended header", Records("13 comment=a\n", "storages"), "'comment', expected" },
        { "two extended headers of a file", Records("11 mtime=1\n", "storages", repeat: 2), "two extended headers" },
        { "an extended header of all files", new TarBuilder { EndBlocks = 0 }.Add("g", "11 mtime=1\n"u8.ToArray(), type: 'g').Build().Concat(TarBuilder.Whole().Build()).ToArray(), "entry of type 'g'" },
        { "a symbolic link", TarBuilder.Whole().Add("link", [], type: '2').Build(), "entry of type '2'" },
        { "a folder", TarBuilder.Whole().Add("folder/", [], type: '5').Build(), "entry of type '5'" },
        { "a sparse file", TarBuilder.Whole().Add("sparse", [], type: 'S').Build(), "entry of type 'S'" },
        { "a contiguous file", Header("storages", header => header[156] = (byte)'7'), "entry of type '7'" },
        { "a file of a type that there is not", Header("storages", header => header[156] = (byte)'Z'), "entry of type 'Z'" },
        { "another file", TarBuilder.Whole().Add("other", [1]).Build(), "'other' beside what torch writes" },
        { "two files of one name", TarBuilder.Whole().Add("pickle", RawPickle.Of(tree => tree.Op('N'))).Build(), "two entries named pickle" },
        { "bytes between the files", Tar(tar => tar.Filling = 1), "bytes between an entry and the next header" },
        { "bytes behind the end", Tar(tar => tar.After = [1]), "goes on behind its end" },
        { "no end", Tar(tar => tar.EndBlocks = 0), "ends without its two blocks" },
        { "a header without its mark behind the files", Tar(tar => (tar.EndBlocks, tar.After) = (0, [.. Enumerable.Repeat((byte)'x', 512), .. new byte[1024]])), "no header where one is expected" },
        { "a pickle about the system that is none", new TarBuilder().Add("sys_info", [1]).Add("pickle", RawPickle.Of(tree => tree.Op('N'))).Add("tensors", TarBuilder.Count(0)).Add("storages", [.. TarBuilder.Count(0), .. TarBuilder.NoParts]).Build(), "no opcode 0x01" },
        { "bytes behind the storages", TarBuilder.Whole(storages: [.. TarBuilder.Count(1), .. SevenStorage, .. TarBuilder.NoParts, 0]).Build(), "goes on for 1 bytes" },
        { "bytes behind the tensors", TarBuilder.Whole(tensors: [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 7, [4], [1], 0), 0]).Build(), "goes on for 1 bytes" },
        { "bytes behind the object tree", TarBuilder.Whole(pickle: [.. RawPickle.Of(tree => tree.Op('N')), 0]).Build(), "goes on for 1 bytes" },
        { "two storages of one key", TarBuilder.Whole(storages: [.. TarBuilder.Count(2), .. SevenStorage, .. SevenStorage, .. TarBuilder.NoParts]).Build(), "Two storages have the key 7" },
        { "two tensors of one key", TarBuilder.Whole(tensors: [.. TarBuilder.Count(2), .. TarBuilder.Tensor(9, 7, [4], [1], 0), .. TarBuilder.Tensor(9, 7, [2], [1], 0)]).Build(), "Two objects have the key 9" },
        { "a tensor that goes on behind its storage", TarBuilder.Whole(tensors: [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 7, [4], [1], 1)]).Build(), "reaches element 4 of storage 7" },
        { "a part that goes on behind its storage", Parts(first: 3, count: 2), "is not inside storage 7" },
        { "a part of fewer than no elements", Parts(first: 0, count: -1), "is not inside storage 7" },
        { "a count below zero", TarBuilder.Whole(tensors: TarBuilder.Count(-1), pickle: RawPickle.Of(tree => tree.Op('N'))).Build(), "begin with a count" },
        { "parts of storages that are no list", TarBuilder.Whole(storages: [.. TarBuilder.Count(1), .. SevenStorage, .. RawPickle.Of(parts => parts.Op(')'))]).Build(), "parts of storages are no list" },
        { "a key with a space", TarBuilder.Whole(pickle: RawPickle.Of(tree => tree.Text(" 9").Op('Q'))).Build(), "given ' 9'" },
    };

    private static readonly byte[] SevenStorage = TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers);

    [Theory]
    [MemberData(nameof(Archives))]
    public void Open_ArchiveThatPythonLoads_IsRefused(string what, byte[] file, string expected) => Open_WhatPythonLoads_IsRefused(what, "torch", file, expected);

    [Fact]
    public void Open_StorageOfAnotherChecksum_OpensAndFailsToVerify()
    {
        using var folder = new TemporaryFolder();
        var file = ZipBuilder.Torch(Tensor(elementCount: 4), new byte[16]).Add("archive/data/1", [1, 2, 3, 4], header => header[14] ^= 1, header => header[16] ^= 1).Build();
        File.WriteAllBytes(folder.File("x"), file);
        using (var checkpoint = Checkpoint.Open(folder.File("x")))
            Assert.Single(checkpoint.Tensors);
        var report = Checkpoints.Operations.CheckpointVerifier.Verify(folder.File("x"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("was damaged", Assert.Single(report.Problems), StringComparison.Ordinal);
    }

    private static byte[] Tensor(long elementCount) => RawPickle.Of(pickle => pickle.Op('}').Text("w").Tensor("0", elementCount, 0, [2], [1]).Op('s'));

    private static byte[] Zip(Action<ZipBuilder> change)
    {
        var zip = ZipBuilder.Torch(Tensor(elementCount: 4), new byte[16]);
        change(zip);
        return zip.Build();
    }

    private static byte[] Tar(Action<TarBuilder> change)
    {
        var tar = TarBuilder.Whole();
        change(tar);
        return tar.Build();
    }

    private static byte[] Header(string name, Action<byte[]> change) => Tar(tar => tar.ChangeHeader = (entry, header) =>
    {
        if (entry == name)
            change(header);
    });

    /// <summary>An archive with an entry in front that its header says more of.</summary>
    private static byte[] Before(string name, Action<byte[]> change) => [.. new TarBuilder { EndBlocks = 0, ChangeHeader = (_, header) => change(header) }.Add(name, []).Build(), .. TarBuilder.Whole().Build()];

    /// <summary>An archive with GNU's entry of a name in front of its storages.</summary>
    private static byte[] Gnu(char type) => WithBeforeStorages(tar => tar.Add("././@LongLink", "storages\0"u8.ToArray(), type), "storages");

    /// <summary>An archive with records in front of its storages, whose own header gives them a name.</summary>
    private static byte[] Records(string records, string name, int repeat = 1) => WithBeforeStorages(
        tar =>
        {
            for (var i = 0; i < repeat; i++)
                tar.Add("././@PaxHeader", Encoding.ASCII.GetBytes(records), type: 'x');
        },
        name);

    private static byte[] WithBeforeStorages(Action<TarBuilder> add, string name)
    {
        var tar = new TarBuilder().Add("sys_info", RawPickle.Of(system => system.Op('}'))).Add("pickle", RawPickle.Of(tree => tree.Text("9").Op('Q'))).Add("tensors", [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 7, [4], [1], 0)]);
        add(tar);
        return tar.Add(name, [.. TarBuilder.Count(1), .. SevenStorage, .. TarBuilder.NoParts]).Build();
    }

    private static string SizeRecord(int size) => $"{"NN size=\n".Length + Digits(size)} size={size}\n";

    private static int Digits(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;

    private static byte[] SignedSum() => Tar(tar => tar.ChangeSummedHeader = (name, header) =>
    {
        if (name != "storages")
            return;
        header[300] = 0xFF;
        header.AsSpan(148, 8).Fill((byte)' ');
        Field(header, 148, Convert.ToString(header.Sum(value => (sbyte)value), 8).PadLeft(6, '0') + "\0");
    });

    private static byte[] Parts(long first, long count) => TarBuilder.Whole(
        storages: [.. TarBuilder.Count(1), .. SevenStorage, .. RawPickle.Of(parts => parts.Op("](").Int(8).Int(7).Long(first).Long(count).Op("ta"))],
        tensors: [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 8, [1], [1], 0)]).Build();

    private static void Field(byte[] header, int at, string field) => Encoding.Latin1.GetBytes(field).CopyTo(header, at);

    private static string Octal(int number) => Convert.ToString(number, 8);

    private static void Base256(byte[] header, int number)
    {
        header.AsSpan(124, 12).Clear();
        header[124] = 0x80;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(132), number);
    }

    private static byte[] Torch(Action<byte[]> changeLocal, Action<byte[]>? changeDirectory) =>
        new ZipBuilder().Add("archive/data.pkl", Tensor(elementCount: 4), changeLocal, changeDirectory).Add("archive/data/0", new byte[16]).Add("archive/version", "3\n"u8.ToArray()).Build();

    private static byte[] Unplaced() => new LegacyBuilder
    {
        Pickle = LegacyBuilder.Tensor().Pickle,
        System = RawPickle.Of(pickle => pickle.Op("}").Text("protocol_version").Int(1001).Op('s')),
    }.Build();

    private static byte[] Array(string shape)
    {
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n";
        var prefix = new byte[10];
        ((byte[])[0x93, .. "NUMPY"u8, 1, 0]).CopyTo(prefix, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(prefix.AsSpan(8), (ushort)header.Length);
        return [.. prefix, .. Encoding.ASCII.GetBytes(header)];
    }
}
