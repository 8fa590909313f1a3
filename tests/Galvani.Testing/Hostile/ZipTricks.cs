using System.Buffers.Binary;

namespace Galvani.Testing.Hostile;

/// <summary>Zip archives that another reader would see other contents in, or that unpack to more than they are.</summary>
internal static class ZipTricks
{
    private static byte[] Pickle { get; } = RawPickle.Of(pickle => pickle.Op('}'));

    private static byte[] Payload { get; } = RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR"));

    public static IEnumerable<Trick> All() =>
    [
        Zip("local-header-of-another-name.pt", "another name", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/version", [51]), file => file[30] = (byte)'b'),
        Zip("local-header-of-another-size.pt", "unpacked size", With(header => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(22), 1))),
        Zip("local-header-of-another-crc.pt", "CRC", With(header => header[14] ^= 1)),
        Zip("local-header-of-another-method.pt", "method", With(header => header[8] = 8)),
        Zip("local-header-missing.pt", "no header where the directory says", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/version", [51], header => header[0] = 0)),
        Zip("encrypted-flag.pt", "encrypted", With(header => header[6] |= 1, header => header[8] |= 1)),
        Zip("strong-encryption-flag.pt", "encrypted", With(header => header[6] |= 64, header => header[8] |= 64)),
        Zip("masked-headers-flag.pt", "encrypted", With(header => header[7] |= 32, header => header[9] |= 32)),
        Zip("method-lzma.pt", "method 14", With(header => header[8] = 14, header => header[10] = 14)),
        Zip("pickle-of-another-crc.pt", "checksum", With(header => header[14] ^= 1, header => header[16] ^= 1)),
        Zip("two-entries-of-one-name.pt", "two entries are named", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/data.pkl", Payload)),
        Zip("two-pickles.pt", "two pickles", new ZipBuilder().Add("a/data.pkl", Pickle).Add("b/data.pkl", Payload)),
        Zip("no-pickle.pt", "no data.pkl", new ZipBuilder().Add("a/version", [51])),
        Zip("no-entries.pt", "no data.pkl", new ZipBuilder()),
        Zip("entries-overlap.pt", "overlap", new ZipBuilder().Add("a/data.pkl", Pickle, Grow(18), Grow(20)).Add("a/data/0", new byte[50])),
        Zip("bytes-in-front.pt", "no model file", new ZipBuilder { Before = [1, 2, 3] }.Add("a/data.pkl", Pickle)),
        Zip("bytes-behind.pt", "end record is missing", new ZipBuilder { After = [1, 2, 3] }.Add("a/data.pkl", Pickle)),
        Zip("bytes-between.pt", "belong to no entry", new ZipBuilder { BeforeDirectory = new byte[40] }.Add("a/data.pkl", Pickle)),
        Zip("pickle-in-front-of-the-archive.pt", "goes on for", new ZipBuilder { Before = Payload }.Add("a/data.pkl", Pickle)) with { Finding = "os.system" },
        Zip("archive-behind-the-archive.pt", "does not end where the end record starts", new ZipBuilder { After = new ZipBuilder().Add("b/data.pkl", Payload).Build() }.Add("a/data.pkl", Pickle)),
        Zip("end-record-in-the-comment.pt", "", new ZipBuilder { ChangeEnd = end => end[20] = 22, After = new ZipBuilder().Build() }.Add("a/data.pkl", Pickle)),
        Zip("end-record-of-too-many-entries.pt", "cannot hold", new ZipBuilder { ChangeEnd = end => (end[8], end[10]) = (9, 9) }.Add("a/data.pkl", Pickle)),
        Zip("end-record-of-too-few-entries.pt", "after its 1 entries", new ZipBuilder { ChangeEnd = end => (end[8], end[10]) = (1, 1) }.Add("a/data.pkl", Pickle).Add("a/version", [51])),
        Zip("end-record-of-several-volumes.pt", "volume", new ZipBuilder { ChangeEnd = end => end[4] = 1 }.Add("a/data.pkl", Pickle)),
        Zip("end-record-that-points-elsewhere.pt", "does not end where", new ZipBuilder { ChangeEnd = end => end[16] ^= 1 }.Add("a/data.pkl", Pickle)),
        Zip("zip64-of-another-count.pt", "contradict", new ZipBuilder { HasZip64 = true, ChangeZip64 = record => record[24] = record[32] = 7 }.Add("a/data.pkl", Pickle)),
        Zip("zip64-of-a-negative-size.pt", "beyond 2^63", new ZipBuilder { HasZip64 = true, ChangeZip64 = record => record[47] = 0x80 }.Add("a/data.pkl", Pickle)),
        Zip("zip64-locator-that-points-elsewhere.pt", "said to be at", new ZipBuilder { HasZip64 = true, ChangeZip64 = record => record[64] ^= 1 }.Add("a/data.pkl", Pickle)),
        Zip("zip64-entry-of-exabytes.pt", "runs past", new ZipBuilder().AddZip64("a/data.pkl", Pickle, extra => extra[10] = extra[18] = 0x10)),
        Zip("zip64-entry-of-negative-size.pt", "beyond 2^63", new ZipBuilder().AddZip64("a/data.pkl", Pickle, extra => extra[11] = 0x80)),
        Zip("zip64-field-cut-short.pt", "", new ZipBuilder().AddZip64("a/data.pkl", Pickle, extra => extra[2] = 4)),
        Zip("zip64-field-missing.pt", "needs a zip64 field and has none", With(header => header.AsSpan(18, 8).Fill(255), header => header.AsSpan(20, 8).Fill(255))),
        Zip("zip64-record-missing.pt", "needs a zip64 end record", new ZipBuilder { ChangeEnd = end => end.AsSpan(8, 4).Fill(255) }.Add("a/data.pkl", Pickle)),
        Zip("zip64-record-of-another-length.pt", "another size than 44", new ZipBuilder { HasZip64 = true, ChangeZip64 = record => record[4] = 45 }.Add("a/data.pkl", Pickle)),
        Zip("descriptor-in-one-header-alone.pt", "has flags", With(header => header[6] |= 8)),
        Zip("descriptor-that-hides-bytes.pt", "belong to no entry", new ZipBuilder().AddStreamed("a/data.pkl", Pickle, descriptor => [.. descriptor, .. Payload])),
        Zip("descriptor-of-another-size-in-front.pt", "unpacked size", new ZipBuilder().AddStreamed("a/data.pkl", Pickle, changeLocal: header => header[22] = 1)),
        Zip("entry-on-another-volume.pt", "lies on volume 1", With(changeLocal: null, header => header[34] = 1)),
        Zip("entry-behind-the-directory.pt", "outside the", With(changeLocal: null, header => header[43] = 1)),
        Zip("entry-stored-and-shorter-than-packed.pt", "packed and", With(header => header[22] = 1, header => header[24] = 1)),
        Zip("directory-entry-that-runs-over.pt", "runs past the end of the directory", With(changeLocal: null, header => header[33] = 1)),
        Zip("end-record-of-two-counts.pt", "on this volume", new ZipBuilder { ChangeEnd = end => end[8] = 2 }.Add("a/data.pkl", Pickle)),
        Zip("name-that-is-no-text.pt", null, new ZipBuilder().Add("a/data.pkl", Pickle).AddNamed([(byte)'a', 0xFF], [1])),
        Zip("bombs-that-are-many.pt", "(MemoryRatio)", Bombs(6)),
        Zip("bomb-of-a-pickle.pt", "(InflationRatio)", new ZipBuilder().AddDeflated("a/data.pkl", new byte[32 << 20])),
        Zip("bomb-of-a-storage.pt", "(InflationRatio)", new ZipBuilder().Add("a/data.pkl", RawPickle.Of(pickle => pickle.Storage("0", "FloatStorage", 8 << 20))).AddDeflated("a/data/0", new byte[32 << 20])),
        Zip("bomb-that-hides-its-size.pt", "more than the 4 bytes", new ZipBuilder().AddDeflated("a/data.pkl", new byte[1 << 20],
            header => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(22), 4), header => BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), 4))),
        Zip("deflated-and-cut.pt", "", new ZipBuilder().AddDeflated("a/data.pkl", Payload, changePacked: packed => packed[..(packed.Length / 2)])),
        Zip("deflated-and-broken.pt", "broken", new ZipBuilder().AddDeflated("a/data.pkl", Payload, changePacked: packed => [.. packed.Select(value => (byte)~value)])),
        Zip("name-that-climbs.pt", null, new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/../../../tmp/galvani-was-here", [1])),
        Zip("name-that-is-absolute.pt", null, new ZipBuilder().Add("a/data.pkl", Pickle).Add("/tmp/galvani-was-here", [1])),
        Zip("name-with-escape-codes.pt", null, new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/\u001b[2J\u0007", [1])),
        Zip("byte-order-big.pt", "'big'", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/byteorder", "big"u8.ToArray())),
        Zip("version-of-two-kilobytes.pt", "(text entry)", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/version", new byte[2000])),
        Zip("script-archive.pt", "TorchScript", new ZipBuilder().Add("a/data.pkl", Pickle).Add("a/constants.pkl", Pickle)),
    ];

    /// <summary>Storages that each may unpack to 16 MiB.</summary>
    private static ZipBuilder Bombs(int count)
    {
        const int Bytes = 16 << 20;
        var zip = new ZipBuilder().Add("a/data.pkl", RawPickle.Of(pickle =>
        {
            pickle.Op("](");
            for (var i = 0; i < count; i++)
                pickle.Tensor(FormattableString.Invariant($"{i}"), Bytes / 4, 0, [1], [1]);
            pickle.Op('e');
        }));
        for (var i = 0; i < count; i++)
            zip.AddDeflated(FormattableString.Invariant($"a/data/{i}"), new byte[Bytes]);
        return zip;
    }

    private static ZipBuilder With(Action<byte[]>? changeLocal, Action<byte[]>? changeDirectory = null) => new ZipBuilder().Add("a/data.pkl", Pickle, changeLocal, changeDirectory);

    /// <summary>Makes an entry reach into the next: 40 bytes, packed and unpacked.</summary>
    private static Action<byte[]> Grow(int at) => header =>
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), 40);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 4), 40);
    };

    private static Trick Zip(string name, string? error, ZipBuilder zip, Action<byte[]>? change = null)
    {
        var file = zip.Build();
        change?.Invoke(file);
        return new Trick(name, file, error) { IsDeflated = zip.IsDeflated };
    }
}
