using System.Buffers.Binary;

namespace Galvani.Testing.Fuzzing;

/// <summary>Writes archives with some field of some header set to what it is not.</summary>
internal static class ZipGenerator
{
    // Offset and width of the fields behind the signature.
    private static readonly (int At, int Width)[] Local = [(0, 4), (4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)];
    private static readonly (int At, int Width)[] Directory = [(0, 4), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4)];
    private static readonly (int At, int Width)[] End = [(0, 4), (4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)];
    private static readonly string[] Others =
        ["archive/byteorder", "archive/version", "archive/.data/extern_modules", "archive/constants.pkl", "archive/code/__torch__.py", "a.npy", "[Content_Types].xml", "META-INF/MANIFEST.MF", "AndroidManifest.xml", "model.weights.h5", "b/data.pkl"];

    private static readonly (int At, int Width)[] Zip64 = [(0, 4), (4, 8), (24, 8), (32, 8), (40, 8), (48, 8), (56, 4), (64, 8), (72, 4)];

    public static byte[] Generate(Random random, byte[] pickle, params byte[][] storages)
    {
        var zip = new ZipBuilder();
        Add(zip, random, "archive/data.pkl", pickle);
        for (var i = 0; i < storages.Length; i++)
            Add(zip, random, FormattableString.Invariant($"archive/data/{i}"), storages[i]);
        if (random.Next(3) == 0)
            Add(zip, random, "archive/version", "3\n"u8.ToArray());
        if (random.Next(10) == 0)
            AddOther(zip, random);
        if (random.Next(10) == 0)
            zip.ChangeEnd = Change(random, End);
        if (random.Next(5) == 0)
        {
            zip.HasZip64 = true;
            zip.ChangeZip64 = random.Next(3) == 0 ? Change(random, Zip64) : null;
        }

        if (random.Next(30) == 0)
            zip.BeforeDirectory = new byte[random.Next(60)];
        if (random.Next(30) == 0)
            AddComment(zip, random);
        return random.Next(60) == 0 ? zip.Build()[^random.Next(60)..] : zip.Build();
    }

    /// <summary>An entry of another program, one that torch writes beside the tensors, or one of a name that is no text.</summary>
    private static void AddOther(ZipBuilder zip, Random random)
    {
        if (random.Next(3) == 0)
            zip.AddNamed([(byte)'a', 0xFF, (byte)random.Next(256)], [1]);
        else
            Add(zip, random, Others[random.Next(Others.Length)], random.Next(2) == 0 ? "little"u8.ToArray() : new byte[random.Next(2) == 0 ? 4 : 1100]);
    }

    /// <summary>Bytes behind the end record, which counts them, or nearly; now and then they are another archive.</summary>
    private static void AddComment(ZipBuilder zip, Random random)
    {
        zip.After = random.Next(3) == 0 ? new ZipBuilder().Add("archive/data.pkl", [0x80, 2, (byte)'N', (byte)'.']).Build() : new byte[random.Next(300)];
        var length = zip.After.Length + (random.Next(4) == 0 ? random.Next(-1, 2) : 0);
        zip.ChangeEnd = end => BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(20), unchecked((ushort)length));
    }

    private static void Add(ZipBuilder zip, Random random, string name, byte[] content)
    {
        var local = random.Next(50) == 0 ? Change(random, Local) : null;
        var directory = random.Next(50) == 0 ? Change(random, Directory) : null;
        switch (random.Next(7))
        {
            case 0:
                zip.AddDeflated(name, content, local, directory, random.Next(8) == 0 ? packed => ByteMutator.Mutate(packed, random) : null);
                break;
            case 1:
                zip.AddZip64(name, content, random.Next(3) == 0 ? extra => extra[random.Next(extra.Length)] = (byte)random.Next(256) : null);
                break;
            case 2:
                zip.AddStreamed(name, content, random.Next(6) == 0 ? descriptor => ByteMutator.Mutate(descriptor[(4 * random.Next(2))..], random) : null, local);
                break;
            default:
                zip.Add(name, content, local, directory);
                break;
        }
    }

    private static Action<byte[]> Change(Random random, (int At, int Width)[] fields) => header =>
    {
        var (at, width) = fields[random.Next(fields.Length)];
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, ByteMutator.Extreme(random));
        value[..width].CopyTo(header.AsSpan(at));
    };
}
