using System.Text;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>torch's tar archive: what torch reads opens (the interoperability tests), everything else is one clear error.</summary>
public sealed class TarContainerTests
{
    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "two entries of one name", TarBuilder.Whole().Add("pickle", []).Build(), "two entries named pickle" },
        { "an entry that is not torch's", TarBuilder.Whole().Add("other", []).Build(), "'other' beside what torch writes" },
        { "a link", TarBuilder.Whole().Add("link", [], type: '2').Build(), "entry of type '2', expected files" },
        { "a wrong checksum", Changed((_, header) => header[150] ^= 1), "checksum does not fit" },
        { "a size beyond the file", Changed(before: (_, header) => header[124] = (byte)'7'), "the file has" },
        { "a size that is no number", Changed(before: (_, header) => header[130] = (byte)'9'), "no octal number" },
        { "no size", Changed(before: (_, header) => header.AsSpan(124, 12).Clear()), "lacks a number" },
        { "no mark in a later header", Changed(before: (name, header) => header[257] = name == "pickle" ? (byte)'x' : header[257]), "no header where one is expected" },
        { "bytes between entries", new TarBuilder { Filling = 1 }.Add("sys_info", [1]).Build(), "between an entry and the next header" },
        { "no end", Ended(0), "without its two blocks" },
        { "half an end", Ended(1), "without its two blocks" },
        { "bytes behind the end", new Func<byte[]>(() => { var tar = TarBuilder.Whole(); tar.After = [1]; return tar.Build(); })(), "goes on behind its end" },
        { "an extended header that renames", Extended("17 path=sys_info\n"), "'path', expected times, owners and the size of a large file" },
        { "an extended header of a size that has room in a header", Extended("10 size=9\n"), "a file of 4 bytes the size 9" },
        { "an extended header of a size that is none", Extended("11 size=9a\n"), "size is no number" },
        { "an extended header that is too long", Extended(string.Concat(Enumerable.Repeat("11 mtime=1\n", 100_000))), "an extended header of 1100000 bytes, expected 1048576 at most" },
        { "two extended headers of one file", [.. Records("11 mtime=1\n"), .. Extended("11 mtime=1\n")], "two extended headers for one file" },
        { "an extended header of nothing", TarBuilder.Whole().Add("PaxHeader/x", [], type: 'x').Build(), "no file behind it" },
        { "an extended header that is cut", Extended("99 mtime=1.5\n"), "extended header that is broken" },
        { "an extended header without a value", Extended("9 mtime1\n"), "extended header that is broken" },
        { "system is a list", new TarBuilder().Add("sys_info", RawPickle.Of(pickle => pickle.Op(']'))).Add("storages", []).Add("tensors", []).Add("pickle", []).Build(), "no dictionary" },
        { "no count", TarBuilder.Whole(storages: RawPickle.Of(pickle => pickle.Op('N'))).Build(), "begin with a count" },
        { "an empty entry", TarBuilder.Whole(storages: []).Build(), "ends where a pickle should begin" },
        { "a count too high", TarBuilder.Whole(storages: [.. TarBuilder.Count(2), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers), .. TarBuilder.NoParts]).Build(), "no (key, location, class)" },
        { "a storage of too many elements", Storages(TarBuilder.Storage(7, "FloatStorage", 1000, TarBuilder.Numbers)), "announces 1000 elements of float32" },
        { "a storage of negative length", Storages(TarBuilder.Storage(7, "FloatStorage", -1, TarBuilder.Numbers)), "announces -1" },
        { "an unknown storage", Storages(TarBuilder.Storage(7, "StringStorage", 4, TarBuilder.Numbers)), "unknown class torch.StringStorage" },
        { "a storage twice", TarBuilder.Whole(storages: [.. TarBuilder.Count(2), .. TarBuilder.Storage(7, "FloatStorage", 0, []), .. TarBuilder.Storage(7, "FloatStorage", 0, []), .. TarBuilder.NoParts]).Build(), "Two storages have the key 7" },
        { "parts that are no list", Parts(pickle => pickle.Op('N')), "no list" },
        { "a part that is none", Parts(pickle => pickle.Op(']').Int(1).Op('a')), "no (key, key of a storage" },
        { "a part outside", Parts(pickle => pickle.Op("](").Int(8).Int(7).Int(3).Int(2).Op("ta")), "is not inside storage 7" },
        { "a part of nothing", Parts(pickle => pickle.Op("](").Int(8).Int(6).Int(0).Int(1).Op("ta")), "not inside storage 6" },
        { "bytes behind the parts", TarBuilder.Whole(storages: [.. TarBuilder.Count(0), .. TarBuilder.NoParts, 0]).Build(), "goes on for 1 bytes" },
        { "a tensor of no storage", Tensors(TarBuilder.Tensor(9, 6, [4], [1], 0)), "which the archive does not have" },
        { "a tensor outside its storage", Tensors(TarBuilder.Tensor(9, 7, [4], [1], 1)), "reaches element 4 of storage 7" },
        { "a tensor of a negative size", Tensors(TarBuilder.Tensor(9, 7, [-1], [1], 0)), "negative size or stride" },
        { "a tensor of too many dimensions", Tensors(TarBuilder.Tensor(9, 7, [4], [1], 0, rank: 65)), "the limit (Rank) is 64" },
        { "a tensor of negative rank", Tensors(TarBuilder.Tensor(9, 7, [4], [1], 0, rank: -1)), "-1 dimensions" },
        { "a tensor that is cut", Tensors(TarBuilder.Tensor(9, 7, [4], [1], 0)[..^1]), "ends too early" },
        { "a tensor with a storage's key", Tensors(TarBuilder.Tensor(7, 7, [4], [1], 0)), "Two objects have the key 7" },
        { "a key that is not there", TarBuilder.Whole(pickle: RawPickle.Of(tree => tree.Text("5").Op('Q'))).Build(), "BINPERSID is given '5'" },
        { "a storage as the zip archive names it", TarBuilder.Whole(pickle: RawPickle.Of(tree => tree.Storage("7", "FloatStorage", 4))).Build(), "stands by its key alone" },
        { "bytes behind the object tree", TarBuilder.Whole(pickle: [.. RawPickle.Of(tree => tree.Op('N')), 0]).Build(), "goes on for 1 bytes" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Open_BrokenFile_SaysWhat(string trick, byte[] file, string expected)
    {
        Assert.NotEmpty(trick);
        Assert.Contains(expected, HostileFile.Fail(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BytesBehindTheTree_SaysWhereInTheEntry()
    {
        var tree = RawPickle.Of(pickle => pickle.Op('N'));
        AssertPlace("pickle", tree.Length, TarBuilder.Whole(pickle: [.. tree, 0]).Build(), [.. tree, 0]);
    }

    [Fact]
    public void Open_BrokenPickleBehindAStorage_SaysWhereInTheEntry()
    {
        byte[] head = [.. TarBuilder.Count(2), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers)];
        byte[] unknown = [.. head, 0x80, 2, (byte)'N', 0xFF];
        AssertPlace("storages", head.Length + 3, TarBuilder.Whole(storages: unknown).Build(), unknown);
        AssertPlace("storages", head.Length, TarBuilder.Whole(storages: head).Build(), head);
        var tensor = TarBuilder.Tensor(9, 7, [4], [1], 0);
        byte[] tensors = [.. TarBuilder.Count(2), .. tensor, 0x80, 9];
        AssertPlace("tensors", tensors.Length - 2, TarBuilder.Whole(tensors: tensors).Build(), tensors);
    }

    /// <summary>The error names its place in the entry, and the same place in the file.</summary>
    private static void AssertPlace(string entry, int offset, byte[] file, byte[] content)
    {
        var error = HostileFile.Fail(file);
        var inFile = file.AsSpan().IndexOf(content) + offset;
        Assert.Equal((entry, offset, inFile), (error.Entry, error.ByteOffset, error.FileOffset));
        Assert.EndsWith(FormattableString.Invariant($": {entry}, byte {offset}, byte {inFile} of the file)"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_GlobalInTheKeyOfAStorage_IsAFindingThatSaysWhereInTheEntry()
    {
        byte[] head = [.. TarBuilder.Count(2), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers)];
        var key = RawPickle.Of(pickle => pickle.Op('(').Global("os", "system").Text("cpu").Global("torch", "FloatStorage").Op('t'));
        HostileFile.Open(TarBuilder.Whole(storages: [.. head, .. key, .. new byte[sizeof(long)], .. TarBuilder.NoParts]).Build(), checkpoint =>
            Assert.Equal(("os.system", (long)head.Length + 3), (checkpoint.Findings.Single().Global, checkpoint.Findings.Single().ByteOffset)));
    }

    [Fact]
    public void Open_Tensor_HasItsNumbersAndParts() => HostileFile.Open(TarBuilder.Whole().Build(), checkpoint =>
    {
        Assert.Equal(ContainerKind.TorchTar, checkpoint.Container);
        Assert.Equal("/w", checkpoint.Tensors.Single().ObjectPath);
        Assert.Equal([1f, 2, 3, 4], checkpoint.Tensors.Single().View.ToSingles());
        Assert.Equal(["sys_info", "pickle", "tensors", "storages/7"], checkpoint.Entries.Select(entry => entry.Name));
        Assert.Equal(16, checkpoint.Entries[^1].Bytes);
        Assert.Equal((byte)'.', checkpoint.ReadPickle().Span[^1]);
        Assert.Empty(checkpoint.Findings);
        Assert.Empty(CheckpointVerifier.Verify(checkpoint, cancellationToken: TestContext.Current.CancellationToken).Problems);
    });

    [Fact]
    public void Open_PartOfAStorage_BeginsWhereItSays()
    {
        var parts = RawPickle.Of(pickle => pickle.Op("](").Int(8).Int(7).Int(1).Int(2).Op("ta"));
        byte[] storages = [.. TarBuilder.Count(1), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers), .. parts];
        HostileFile.Open(TarBuilder.Whole(storages, [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 8, [2], [1], 0)]).Build(), checkpoint => Assert.Equal([2f, 3], checkpoint.Tensors.Single().View.ToSingles()));
    }

    /// <summary>A key is text, a number, or a line of protocol 0; the same key is the same tensor.</summary>
    [Fact]
    public void Open_KeysOfEveryForm_AreOneTensor() => HostileFile.Open(
        TarBuilder.Whole(pickle: RawPickle.Of(tree => tree.Op("](").Text("9").Op('Q').Int(9).Op("QP9\n").Text("7").Op("Qe"))).Build(), checkpoint =>
        {
            Assert.Equal(3, checkpoint.Tensors.Count);
            Assert.All(checkpoint.Tensors, tensor => Assert.Same(checkpoint.Tensors[0].View, tensor.View));
            Assert.IsType<PickleStorage>(((PickleList)checkpoint.Root).Items[3]);
        });

    /// <summary>A module that was saved whole: its class stands with the name of its file and its source, and is a finding.</summary>
    [Fact]
    public void Open_ClassWithItsSource_IsTheClassAndAFinding() => HostileFile.Open(
        TarBuilder.Whole(pickle: RawPickle.Of(tree => tree.Op('(').Global("__main__", "Net").Text("net.py").Text("class Net").Op("tQ)R"))).Build(),
        checkpoint => Assert.Equal("__main__.Net", Assert.IsType<PickleObject>(checkpoint.Root).Global));

    [Fact]
    public void Open_TimesInExtendedHeaders_ArePassedOver() =>
        HostileFile.Open(Extended("23 mtime=1484000000.25\n"), checkpoint => Assert.Single(checkpoint.Tensors));

    /// <summary>What Python's tarfile writes of a user whose name is no UTF-8: the records hold its bytes.</summary>
    [Fact]
    public void Open_OwnerInAnotherEncoding_IsPassedOver() =>
        HostileFile.Open([.. Records([.. "21 hdrcharset=BINARY\n12 uname=M"u8, 0xFC, .. "\n18 uid=2500000000\n"u8]), .. TarBuilder.Whole().Build()], checkpoint => Assert.Single(checkpoint.Tensors));

    /// <summary>From 8 GiB on the size stands in the records, and the header says 0. The file is sparse: it takes no room.</summary>
    [Fact]
    public void Open_FileTooLargeForAHeader_HasTheSizeOfItsRecords()
    {
        const long Numbers = 8L << 30;
        byte[] head = [.. TarBuilder.Count(1), .. TarBuilder.Storage(7, "ByteStorage", Numbers, [])];
        var size = head.Length + Numbers + TarBuilder.NoParts.Length;
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder.File("large.pt")))
        {
            file.Write(new TarBuilder { EndBlocks = 0 }
                .Add("pickle", RawPickle.Of(tree => tree.Text("9").Op('Q')))
                .Add("tensors", [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 7, [4], [1], Numbers - 4)])
                .Add("PaxHeader/storages", Encoding.UTF8.GetBytes($"19 size={size}\n"), type: 'x').Add("storages", []).Build());
            var start = file.Position;
            file.Write(head);
            file.Position = start + head.Length + Numbers - 1;
            file.Write([7, .. TarBuilder.NoParts]);
            file.SetLength(start + ((size + 511) / 512 * 512) + 1024);
        }

        using var checkpoint = Checkpoint.Open(folder.File("large.pt"));
        Assert.Equal(Numbers, checkpoint.Tensors.Single().View.Storage.ElementCount);
        Assert.Equal([0f, 0, 0, 7], checkpoint.Tensors.Single().View.ToSingles());
    }

    [Fact]
    public void Open_PartOfAPartOfAPart_IsReadWithoutRecursion()
    {
        var parts = RawPickle.Of(pickle =>
        {
            pickle.Op("](");
            for (var key = 1000; key < 81_000; key++)
                pickle.Op('(').Int(key).Int(key == 1000 ? 7 : key - 1).Int(key == 1000 ? 1 : 0).Int(3).Op('t');
            pickle.Op('e');
        });
        byte[] storages = [.. TarBuilder.Count(1), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers), .. parts];
        HostileFile.Open(TarBuilder.Whole(storages, [.. TarBuilder.Count(1), .. TarBuilder.Tensor(9, 80_999, [3], [1], 0)]).Build(), checkpoint => Assert.Equal([2f, 3, 4], checkpoint.Tensors.Single().View.ToSingles()));
    }

    /// <summary>What each pickle finds is put in order by itself: were it all findings so far, the work would grow with the square of the pickles.</summary>
    [Fact]
    public void Open_PartialsInVeryManyPickles_AreFindingsInOrder()
    {
        const int Count = 60_000;
        var storages = new MemoryStream();
        storages.Write(TarBuilder.Count(Count));
        for (var key = 0; key < Count; key++)
        {
            storages.Write(RawPickle.Of(pickle => pickle.Op('(').Global("functools", "partial").Int(key).Bytes(0x86).Text("").Global("torch", "ByteStorage").Op('t')));
            storages.Write(new byte[sizeof(long)]);
        }

        storages.Write(TarBuilder.NoParts);
        HostileFile.Open(TarBuilder.Whole(storages.ToArray(), TarBuilder.Count(0), RawPickle.Of(tree => tree.Op('N'))).Build(), checkpoint =>
        {
            Assert.Equal(Count, checkpoint.Findings.Count);
            Assert.Equal(checkpoint.Findings.OrderBy(finding => finding.ByteOffset), checkpoint.Findings);
        });
    }

    /// <summary>Outside a tar archive a text is no persistent id.</summary>
    [Fact]
    public void Open_TextAsPersistentIdInAZip_IsAnError() => Assert.Contains("PERSID is given 'a'", HostileFile.FailPickle(pickle => pickle.Op("Pa\n")).Message, StringComparison.Ordinal);

    private static byte[] Storages(byte[] storage) => TarBuilder.Whole(storages: [.. TarBuilder.Count(1), .. storage, .. TarBuilder.NoParts]).Build();

    private static byte[] Parts(Action<RawPickle> write) =>
        TarBuilder.Whole(storages: [.. TarBuilder.Count(1), .. TarBuilder.Storage(7, "FloatStorage", 4, TarBuilder.Numbers), .. RawPickle.Of(write)]).Build();

    private static byte[] Tensors(byte[] tensor) => TarBuilder.Whole(tensors: [.. TarBuilder.Count(1), .. tensor]).Build();

    private static byte[] Changed(Action<string, byte[]>? after = null, Action<string, byte[]>? before = null)
    {
        var tar = TarBuilder.Whole();
        (tar.ChangeHeader, tar.ChangeSummedHeader) = (before, after);
        return tar.Build();
    }

    private static byte[] Ended(int blocks)
    {
        var tar = TarBuilder.Whole();
        tar.EndBlocks = blocks;
        return tar.Build();
    }

    private static byte[] Extended(string records) => [.. Records(records), .. TarBuilder.Whole().Build()];

    private static byte[] Records(string records) => Records(Encoding.UTF8.GetBytes(records));

    private static byte[] Records(byte[] records) => new TarBuilder { EndBlocks = 0 }.Add("PaxHeader/sys_info", records, type: 'x').Build();
}
