using System.Buffers.Binary;
using Galvani.Checkpoints.Pickles;
using static Galvani.Checkpoints.Tests.HostileFile;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>One test for each way a zip archive can be broken or ambiguous.</summary>
public sealed class ZipDirectoryTests
{
    private static readonly byte[] EmptyDictionary = RawPickle.Of(pickle => pickle.Op('}'));

    private static ZipBuilder Good() => ZipBuilder.Torch(EmptyDictionary);

    [Fact]
    public void Read_GoodArchive_Opens() => Open(Good().Build(), checkpoint =>
    {
        Assert.Equal(["archive/data.pkl", "archive/version"], checkpoint.Entries.Select(entry => entry.Name));
        Assert.Equal("3", checkpoint.FormatVersion);
    });

    /// <summary>The headers of small entries are read many at a time; large ones and long names lie between them.</summary>
    [Fact]
    public void Read_VeryManyEntries_FindsTheDataOfEach()
    {
        const int Count = 3000;
        static byte[] Content(int i) => [.. Enumerable.Repeat((byte)i, i % 97 == 0 ? 40_000 : i % 64)];
        var zip = Good();
        for (var i = 0; i < Count; i++)
            zip.Add(FormattableString.Invariant($"archive/other/{i}{new string('x', i % 101 == 0 ? 50_000 : 0)}"), Content(i));
        Open(zip.Build(), checkpoint =>
        {
            var entries = checkpoint.Entries.Where(entry => entry.Name.StartsWith("archive/other/", StringComparison.Ordinal)).ToList();
            Assert.Equal(Count, entries.Count);
            for (var i = 0; i < Count; i++)
            {
                var bytes = new byte[entries[i].Bytes];
                using var stream = checkpoint.OpenEntry(entries[i]);
                stream.ReadExactly(bytes);
                Assert.Equal(Content(i), bytes);
            }
        });
    }

    /// <summary>A directory may name the entries in another order than they lie in; with a gap where a descriptor may be, and nowhere else.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_DirectoryBackwards_FindsTheDataOfEach(bool hasGap)
    {
        const int Count = 300;
        var zip = Good();
        for (var i = 0; i < Count; i++)
            zip.AddStreamed(FormattableString.Invariant($"archive/other/{i}"), [(byte)i], i == Count / 2 && hasGap ? descriptor => [.. descriptor, .. new byte[9]] : null);
        var file = Backwards(zip.Build());
        if (hasGap)
        {
            Assert.Contains("25 bytes at", Fail(file).Message, StringComparison.Ordinal);
            return;
        }

        Open(file, checkpoint =>
        {
            Assert.Equal("archive/data.pkl", checkpoint.Entries[^1].Name);
            for (var i = 0; i < Count; i++)
            {
                Assert.Equal(FormattableString.Invariant($"archive/other/{Count - 1 - i}"), checkpoint.Entries[i].Name);
                using var stream = checkpoint.OpenEntry(checkpoint.Entries[i]);
                Assert.Equal((byte)(Count - 1 - i), stream.ReadByte());
            }
        });
    }

    /// <summary>The same archive with its directory from the last entry to the first.</summary>
    private static byte[] Backwards(byte[] file)
    {
        var start = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 6)); // the end record has the place of the directory behind its size
        var end = file.Length - 22;
        var headers = new Stack<byte[]>();
        for (var at = start; at < end; at += headers.Peek().Length)
            headers.Push(file[at..(at + 46 + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 28)) + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 30)))]);
        return [.. file[..start], .. headers.SelectMany(header => header), .. file[end..]];
    }

    [Fact]
    public void Read_EveryTruncation_IsRefused()
    {
        var file = Good().Build();
        for (var length = 4; length < file.Length; length++)
            Assert.NotNull(Fail(file[..length]).Problem);
    }

    [Fact]
    public void Read_JunkBefore_IsRefused()
    {
        var zip = Good();
        zip.Before = "PK\u0003\u0004junk"u8.ToArray();
        Assert.Contains("belong to no entry", Fail(zip.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_JunkAfter_IsRefused()
    {
        var zip = Good();
        zip.After = "junk"u8.ToArray();
        Assert.Contains("end record is missing", Fail(zip.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CommentThatEndsTheFile_Opens()
    {
        var zip = Good();
        zip.After = "note"u8.ToArray();
        zip.ChangeEnd = end => end[20] = 4;
        Open(zip.Build(), checkpoint => Assert.Equal(2, checkpoint.Entries.Count));
    }

    [Fact]
    public void Read_BytesOfNoEntry_AreRefused()
    {
        var zip = Good();
        zip.BeforeDirectory = new byte[100];
        Assert.Contains("100 bytes", Fail(zip.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NameTwice_IsRefused() =>
        Assert.Contains("two entries are named archive/version", Fail(Good().Add("archive/version", [1]).Build()).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_EntriesOverlap_IsRefused()
    {
        var zip = new ZipBuilder().Add("archive/data.pkl", EmptyDictionary)
            .Add("archive/data/0", new byte[50], changeDirectory: header => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), 0));
        Fail(zip.Build());
        var grown = new ZipBuilder().Add("archive/data.pkl", EmptyDictionary, Grow(18), Grow(20)).Add("archive/data/0", new byte[50]);
        Assert.Contains("overlap", Fail(grown.Build()).Message, StringComparison.Ordinal);

        static Action<byte[]> Grow(int at) => header =>
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), 40);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 4), 40);
        };
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 0x40)]
    [InlineData(9, 0x20)]
    public void Read_Encrypted_IsRefused(int at, byte flag) =>
        Assert.Contains("encrypted", Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary, changeDirectory: header => header[at] |= flag).Build()).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_OtherMethod_IsNamed() =>
        Assert.Contains("method 93", Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary, local => local[8] = 93, header => header[10] = 93).Build()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "no header")]
    [InlineData(8, "method")]
    [InlineData(14, "CRC")]
    [InlineData(18, "packed size")]
    [InlineData(22, "unpacked size")]
    [InlineData(26, "another name")]
    public void Read_OwnHeaderContradictsDirectory_IsRefused(int at, string expected) =>
        Assert.Contains(expected, Fail(new ZipBuilder().Add("a/version", [51]).Add("a/data.pkl", EmptyDictionary, local => local[at] ^= 8).Build()).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_StoredSizesDiffer_IsRefused() =>
        Assert.Contains("packed and", Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary, local => local[22]++, header => header[24]++).Build()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(42)]
    [InlineData(20)]
    public void Read_EntryOutsideTheFile_IsRefused(int at) =>
        Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary, changeDirectory: header => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), 0xFFFFFFF0)).Build());

    [Theory]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(4)]
    public void Read_EndRecordWrong_IsRefused(int at)
    {
        var zip = Good();
        zip.ChangeEnd = end => end[at] ^= 1;
        Fail(zip.Build());
    }

    [Fact]
    public void Read_MoreEntriesThanTheDirectoryHolds_IsRefused()
    {
        var zip = Good();
        zip.ChangeEnd = end => end[8] = end[9] = end[10] = end[11] = 0xFE;
        Assert.Contains("cannot hold", Fail(zip.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FewerEntriesThanTheDirectoryHolds_IsRefused()
    {
        var zip = Good();
        zip.ChangeEnd = end => end[8] = end[10] = 1;
        Assert.Contains("after its 1 entries", Fail(zip.Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Zip64_OpensOrIsRefusedWhereItLies()
    {
        var zip = Good();
        zip.HasZip64 = true;
        Open(zip.Build(), checkpoint => Assert.Equal(2, checkpoint.Entries.Count));
        foreach (var at in new[] { 0, 4, 32, 39, 40, 47, 48, 55, 64, 71 })
        {
            zip.ChangeZip64 = records => records[at] ^= 0x81;
            Fail(zip.Build());
        }
    }

    [Fact]
    public void Read_SizesInTheZip64Field_AreRead() =>
        Open(new ZipBuilder().AddZip64("a/data.pkl", EmptyDictionary).Build(), checkpoint => Assert.Equal(EmptyDictionary.Length, checkpoint.Entries[0].Bytes));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(19)]
    public void Read_Zip64FieldWrong_IsRefused(int at) => Fail(new ZipBuilder().AddZip64("a/data.pkl", EmptyDictionary, extra => extra[at] ^= 0x84).Build());

    [Fact]
    public void Read_TooManyEntries_NamesTheLimit() =>
        Assert.Contains("(Entries)", Fail(Good().Build(), new CheckpointLimits { Entries = 1 }).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_NoPickleOrTwo_IsRefused()
    {
        Assert.Contains("no data.pkl", Fail(new ZipBuilder().Add("a/version", [51]).Build()).Message, StringComparison.Ordinal);
        Assert.Contains("two pickles", Fail(Good().Add("other/data.pkl", EmptyDictionary).Build()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/constants.pkl", "TorchScript")]
    [InlineData("weights.npy", "numpy")]
    [InlineData("[Content_Types].xml", "Office")]
    public void Open_ZipOfSomethingElse_IsNamed(string entry, string expected) =>
        Assert.Contains(expected, Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary).Add(entry, [1]).Build()).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_BigEndian_IsRefusedByName() => With(Good().Add("archive/byteorder", "big"u8.ToArray()).Build(), path =>
    {
        Assert.Contains("'big'", Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    [Fact]
    public void Open_PickleWithAnotherChecksum_IsRefused() =>
        Assert.Contains("checksum", Fail(new ZipBuilder().Add("a/data.pkl", EmptyDictionary, local => local[14]++, header => header[16]++).Build()).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_EntryWithoutChecksum_Opens() => Open(
        new ZipBuilder().Add("a/data.pkl", EmptyDictionary, local => local.AsSpan(14, 4).Clear(), header => header.AsSpan(16, 4).Clear()).Build(),
        checkpoint => Assert.False(checkpoint.Entries[0].HasChecksum));

    [Fact]
    public void Open_DeflateBomb_NamesTheLimit()
    {
        var bomb = new byte[64 << 20];
        Assert.Contains("(InflationRatio)", Fail(new ZipBuilder().AddDeflated("a/data.pkl", bomb).Build()).Message, StringComparison.Ordinal);
        var lying = new ZipBuilder().AddDeflated("a/data.pkl", new byte[1 << 20], local => Size(local, 22), header => Size(header, 24));
        Assert.Contains("unpacks to more", Fail(lying.Build()).Message, StringComparison.Ordinal);

        static void Size(byte[] header, int at) => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), 1000);
    }

    [Fact]
    public void Open_PickleOverTheLimit_NamesIt() =>
        Assert.Contains("(PickleBytes)", Fail(Good().Build(), new CheckpointLimits { PickleBytes = 3 }).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_DeflatedDataBroken_IsRefused()
    {
        Fail(new ZipBuilder().AddDeflated("a/data.pkl", EmptyDictionary, changePacked: packed => [.. packed.Select(value => (byte)~value)]).Build());
        Fail(new ZipBuilder().AddDeflated("a/data.pkl", new byte[100_000], changePacked: packed => packed[..(packed.Length / 2)]).Build());
    }

    [Fact]
    public void ReadBytes_DeflatedStorageBroken_IsRefusedWhenRead()
    {
        var pickle = RawPickle.Of(raw => raw.Tensor("0", 1000, 0, [1000], [1]));
        var file = new ZipBuilder().Add("a/data.pkl", pickle).AddDeflated("a/data/0", new byte[4000], changePacked: packed => [.. packed.Select(value => (byte)~value)]).Build();
        Open(file, checkpoint => Assert.Equal("a/data/0", Assert.Throws<CheckpointFormatException>(() => ((PickleTensor)checkpoint.Root).View.ToSingles()).Entry));
    }
}
