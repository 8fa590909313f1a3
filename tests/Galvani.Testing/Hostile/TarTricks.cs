using System.Text;
using static Galvani.Testing.TarBuilder;

namespace Galvani.Testing.Hostile;

/// <summary>torch's tar archives that two programs could read in two ways, that reach outside themselves, or whose counts, keys and tensors contradict one another.</summary>
internal static class TarTricks
{
    private static readonly byte[] SevenStorage = Storage(7, "FloatStorage", 4, Numbers);

    public static IEnumerable<Trick> All() => [.. Headers(), .. Names(), .. Ends(), .. Storages(), .. Tensors(), .. Trees(), .. Code()];

    private static IEnumerable<Trick> Headers() =>
    [
        Summed("checksum-wrong", "checksum does not fit", header => header[150] ^= 1),
        Summed("checksum-negative", "no octal number", header => Set(header, 148, "-0012345")),
        Summed("checksum-empty", "lacks a number", header => header.AsSpan(148, 8).Clear()),
        Header("size-beyond-the-file", "the file has", header => Set(header, 124, "77777777777\0")),
        Header("size-negative", "no octal number", header => Set(header, 124, "-0000000777\0")),
        Header("size-decimal", "no octal number", header => Set(header, 124, "00000000099\0")),
        Header("size-with-a-digit-behind-nul", "no octal number", header => Set(header, 124, "0000000\0" + "777\0")),
        Header("size-in-base-256", "no octal number", header => Set(header, 124, "\u0080\0\0\0\0\0\0\0\0\0\u0001\0")),
        Header("size-in-negative-base-256", "no octal number", header => Set(header, 124, "\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")),
        Header("size-empty", "lacks a number", header => header.AsSpan(124, 12).Clear()),
        Extended("extended-name", "17 path=storages\n", "'path', expected times, owners"),
        Extended("extended-size", "10 size=9\n", "a file of 4 bytes the size 9, expected"),
        Extended("extended-size-of-a-large-file", "19 size=8589934592\n", "a file of 4 bytes the size 8589934592, expected"),
        Extended("extended-size-that-is-negative", "11 size=-9\n", "size is no number"),
        Extended("extended-size-twice", "19 size=8589934592\n19 size=8589934592\n", "stands there twice"),
        Extended("extended-comment", "13 comment=a\n", "'comment', expected times, owners"),
        Extended("extended-sparse", "22 GNU.sparse.major=1\n", "'GNU.sparse.major', expected"),
        Extended("extended-length-that-lies", "99 mtime=1\n", "extended header that is broken"),
        Extended("extended-length-of-nothing", "0 mtime=1\n", "extended header that is broken"),
        new("tar-extended-header-twice.pt", [.. Records("11 mtime=1\n"), .. Records("11 mtime=2\n"), .. Whole().Build()], "two extended headers for one file"),
        Tar("extended-header-of-nothing", "extended header with no file behind it", Whole().Add("PaxHeader/x", "11 mtime=1\n"u8.ToArray(), type: 'x')),
        Tar("extended-header-of-all-files", "entry of type 'g'", new TarBuilder().Add("PaxHeader/x", "11 mtime=1\n"u8.ToArray(), type: 'g')),
    ];

    private static IEnumerable<Trick> Names() =>
    [
        Tar("name-that-climbs", "'../../../tmp/galvani-was-here' beside what torch writes", Whole().Add("../../../tmp/galvani-was-here", [1])),
        Tar("name-that-is-absolute", "'/tmp/galvani-was-here' beside", Whole().Add("/tmp/galvani-was-here", [1])),
        Tar("name-with-escape-codes", "beside what torch writes", Whole().Add("\u001b[2J\u0007", [1])),
        Tar("name-twice", "two entries named pickle", Whole().Add("pickle", [.. RawPickle.Of(pickle => pickle.Op('N'))])),
        Tar("name-twice-by-its-folder", "two entries named pickle", Whole().Add("./pickle", [.. RawPickle.Of(pickle => pickle.Op('N'))])),
        Header("name-behind-a-folder", "without pickle", header => Set(header, 345, "folder"), only: "pickle"),
        Tar("link-hard", "entry of type '1'", Whole().Add("link", [], type: '1')),
        Tar("link-symbolic", "entry of type '2'", Whole().Add("link", [], type: '2')),
        Tar("device", "entry of type '3'", Whole().Add("device", [], type: '3')),
        Tar("folder", "entry of type '5'", Whole().Add("folder/", [], type: '5')),
        Tar("sparse", "entry of type 'S'", Whole().Add("sparse", [], type: 'S')),
        Tar("contiguous", "entry of type '7'", Whole().Add("contiguous", [], type: '7')),
        Tar("name-of-gnu", "entry of type 'L'", Whole().Add("././@LongLink", "pickle\0"u8.ToArray(), type: 'L')),
        Tar("type-with-escape-codes", "expected files", Whole().Add("x", [], type: '\u001b')),
        Header("folder-by-its-name", "beside what torch writes", header => Set(header, 0, "pickle/\0"), only: "sys_info"),
    ];

    private static IEnumerable<Trick> Ends() =>
    [
        new("tar-cut-in-a-header.pt", Whole().Build()[..1200], "ends without its two blocks"),
        new("tar-cut-in-an-entry.pt", Whole().Build()[..^1400], "the file has"),
        new("tar-cut-in-its-end.pt", Whole().Build()[..^512], "ends without its two blocks"),
        Filled(),
        new("tar-behind-the-tar.pt", [.. Whole().Build(), .. Whole().Build()], "goes on behind its end"),
    ];

    private static IEnumerable<Trick> Storages() =>
    [
        Tar("count-that-lies", "no (key, location, class)", Whole(storages: [.. Count(2), .. SevenStorage, .. NoParts])),
        Tar("count-too-low", "parts of storages are no list", Whole(storages: [.. Count(0), .. SevenStorage, .. NoParts])),
        Tar("count-of-two-billion", "no (key, location, class)", Whole(storages: [.. Count(int.MaxValue), .. SevenStorage, .. NoParts])),
        Tar("count-negative", "begin with a count", Whole(storages: [.. Count(-1), .. SevenStorage, .. NoParts])),
        Tar("count-of-20-digits", "begin with a count", Whole(storages: [.. RawPickle.Of(pickle => pickle.Op("L99999999999999999999L\n")), .. SevenStorage, .. NoParts])),
        Tar("storage-longer-than-its-entry", "announces 1000 elements", Whole(storages: [.. Count(1), .. Storage(7, "FloatStorage", 1000, Numbers), .. NoParts])),
        Tar("storage-of-overflowing-size", "announces 9223372036854775807 elements", Whole(storages: [.. Count(1), .. Storage(7, "FloatStorage", long.MaxValue, Numbers), .. NoParts])),
        Tar("storage-of-negative-size", "announces -1 elements", Whole(storages: [.. Count(1), .. Storage(7, "FloatStorage", -1, Numbers), .. NoParts])),
        Tar("storage-twice", "Two storages have the key 7", Whole(storages: [.. Count(2), .. SevenStorage, .. SevenStorage, .. NoParts])),
        Tar("storage-twice-by-its-type", "Two storages have the key 7", Whole(storages: [.. Count(2), .. SevenStorage, .. Head(pickle => pickle.Text("7")), .. NoParts])),
        Tar("storage-of-a-key-with-escape-codes", "Two storages have the key", Whole(storages: [.. Count(2), .. Head(pickle => pickle.Text("\u001b[2J\u0007")), .. Head(pickle => pickle.Text("\u001b[2J\u0007")), .. NoParts])),
        Tar("storage-of-a-billion-laughs-as-key", null, Whole(storages: [.. Count(2), .. SevenStorage, .. Head(Laughs), .. NoParts])),
        Tar("part-outside", "not inside storage 7", Parts(3, 2)),
        Tar("part-of-negative-length", "not inside storage 7", Parts(0, -1)),
        Tar("part-that-overflows", "not inside storage 7", Parts(long.MaxValue, long.MaxValue)),
        Tar("part-of-itself", "not inside storage 8", Whole(storages: [.. Count(1), .. SevenStorage, .. Part(8, 8, 0, 1)])),
        Tar("part-with-the-key-of-a-storage", "Two storages have the key 7", Whole(storages: [.. Count(1), .. SevenStorage, .. Part(7, 7, 0, 1)])),
    ];

    private static IEnumerable<Trick> Tensors() =>
    [
        Tensors("tensor-outside-its-storage", "reaches element 4", Tensor(9, 7, [4], [1], offset: 1)),
        Tensors("tensor-at-a-huge-offset", "too large", Tensor(9, 7, [4], [1], offset: long.MaxValue)),
        Tensors("tensor-of-a-huge-stride", "reaches element", Tensor(9, 7, [2], [long.MaxValue], offset: 0)),
        Tensors("tensor-of-overflowing-sizes", "too large", Tensor(9, 7, [1L << 62, 1L << 62], [0, 0], offset: 0)),
        Tensors("tensor-of-negative-size", "negative size or stride", Tensor(9, 7, [-1], [1], offset: 0)),
        Tensors("tensor-of-negative-stride", "negative size or stride", Tensor(9, 7, [4], [-1], offset: 3)),
        Tensors("tensor-at-a-negative-offset", "negative offset", Tensor(9, 7, [4], [1], offset: -1)),
        Tensors("tensor-of-two-billion-dimensions", "(Rank)", Tensor(9, 7, [4], [1], offset: 0, rank: int.MaxValue)),
        Tensors("tensor-of-negative-rank", "-1 dimensions", Tensor(9, 7, [4], [1], offset: 0, rank: -1)),
        Tensors("tensor-of-no-storage", "which the archive does not have", Tensor(9, 6, [4], [1], offset: 0)),
        Tensors("tensor-of-a-tensor", "is of storage 9", [.. Tensor(9, 7, [4], [1], offset: 0), .. Tensor(10, 9, [4], [1], offset: 0)], count: 2),
        Tensors("tensor-twice", "Two objects have the key 9", [.. Tensor(9, 7, [4], [1], offset: 0), .. Tensor(9, 7, [1], [1], offset: 0)], count: 2),
        Tensors("tensor-with-the-key-of-a-storage", "Two objects have the key 7", Tensor(7, 7, [4], [1], offset: 0)),
        Tensors("tensor-expanded-to-a-terabyte", "(LogicalRatio)", Tensor(9, 7, [1L << 38], [0], offset: 0)),
        Tensors("tensors-expanded-together", "(LogicalRatio)", [.. Enumerable.Range(0, 100).SelectMany(i => Tensor(9 + i, 7, [1 << 20], [0], offset: 0))], count: 100),
    ];

    private static IEnumerable<Trick> Trees() =>
    [
        Tar("tree-of-a-missing-key", "is given '5'", Whole(pickle: RawPickle.Of(tree => tree.Text("5").Op('Q')))),
        Tar("tree-of-a-described-storage", "stands by its key alone", Whole(pickle: RawPickle.Of(tree => tree.Storage("7", "FloatStorage", 4)))),
        Tar("tree-inside-the-storages", "BINPERSID", Whole(storages: [.. RawPickle.Of(pickle => pickle.Text("7").Op('Q')), .. SevenStorage, .. NoParts])),
        Tar("tree-with-bytes-behind", "goes on for 1 bytes", Whole(pickle: [.. RawPickle.Of(tree => tree.Op('N')), 0])),
    ];

    private static IEnumerable<Trick> Code() =>
    [
        Tar("payload-in-its-tree", null, Whole(pickle: Os())) with { Finding = "os.system" },
        Tar("payload-in-the-source-of-a-class", null, Whole(pickle: RawPickle.Of(tree => tree.Op('(').Global("os", "system").Text("net.py").Text("class Net").Op("tQ(").Text("true").Op("tR")))) with { Finding = "os.system" },
        Tar("payload-as-system", "no dictionary", new TarBuilder().Add("sys_info", Os()).Add("pickle", Os()).Add("tensors", Count(0)).Add("storages", [.. Count(0), .. NoParts])) with { Finding = "os.system" },
        Tar("payload-as-count", "begin with a count", Whole(storages: Os())) with { Finding = "os.system" },
        Tar("payload-as-parts", "no list", Whole(storages: [.. Count(1), .. SevenStorage, .. Os()])) with { Finding = "os.system" },
        Tar("payload-as-class-of-a-storage", "unknown class os.system", Whole(storages: [.. Count(1), .. Head(pickle => pickle.Int(7), "os", "system"), .. NoParts])) with { Finding = "os.system" },
        Tensors("payload-as-class-of-a-tensor", null, [.. RawPickle.Of(pickle => pickle.Op('(').Int(9).Int(7).Global("os", "system").Op('t')), .. Tensor(9, 7, [4], [1], offset: 0)[TensorHeadBytes..]]) with { Finding = "os.system" },
    ];

    private static int TensorHeadBytes => Tensor(9, 7, [], [], offset: 0).Length - sizeof(int) - 4 - sizeof(long);

    private static byte[] Os() => RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR"));

    private static byte[] Head(Action<RawPickle> key, string module = "torch", string type = "FloatStorage") =>
    [
        .. RawPickle.Of(pickle =>
        {
            pickle.Op('(');
            key(pickle);
            pickle.Text("cpu").Global(module, type).Op('t');
        }), .. BitConverter.GetBytes(4L), .. Numbers,
    ];

    /// <summary>A tuple of 2^60 numbers.</summary>
    private static void Laughs(RawPickle pickle)
    {
        pickle.Int(1).Bytes(0x85);
        for (var level = 0; level < 60; level++)
            pickle.Op('2').Bytes(0x86);
    }

    private static byte[] Part(int key, int storageKey, long first, long count) => RawPickle.Of(pickle => pickle.Op("](").Int(key).Int(storageKey).Long(first).Long(count).Op("ta"));

    private static TarBuilder Parts(long first, long count) => Whole(storages: [.. Count(1), .. SevenStorage, .. Part(8, 7, first, count)]);

    private static void Set(byte[] header, int at, string field) => Encoding.Latin1.GetBytes(field).CopyTo(header, at);

    private static Trick Header(string name, string error, Action<byte[]> change, string only = "storages")
    {
        var tar = Whole();
        tar.ChangeHeader = (entry, header) => Change(entry == only, change, header);
        return Tar(name, error, tar);
    }

    private static Trick Summed(string name, string error, Action<byte[]> change)
    {
        var tar = Whole();
        tar.ChangeSummedHeader = (entry, header) => Change(entry == "storages", change, header);
        return Tar(name, error, tar);
    }

    private static void Change(bool isIt, Action<byte[]> change, byte[] header)
    {
        if (isIt)
            change(header);
    }

    private static Trick Extended(string name, string records, string error) => new($"tar-{name}.pt", [.. Records(records), .. Whole().Build()], error);

    private static byte[] Records(string records) => new TarBuilder { EndBlocks = 0 }.Add("PaxHeader/sys_info", Encoding.UTF8.GetBytes(records), type: 'x').Build();

    private static Trick Filled()
    {
        var tar = Whole();
        tar.Filling = (byte)'x';
        return Tar("bytes-between-entries", "bytes between an entry and the next header", tar);
    }

    private static Trick Tensors(string name, string? error, byte[] tensors, int count = 1) => Tar(name, error, Whole(tensors: [.. Count(count), .. tensors]));

    private static Trick Tar(string name, string? error, TarBuilder tar) => new($"tar-{name}.pt", tar.Build(), error);
}
