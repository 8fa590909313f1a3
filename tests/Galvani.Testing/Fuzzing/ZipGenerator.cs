using System.Buffers.Binary;

namespace Galvani.Testing.Fuzzing;

/// <summary>Writes archives with some field of some header set to what it is not.</summary>
internal static class ZipGenerator
{
    // Offset and width of the fields behind the signature.
    private static readonly (int At, int Width)[] Local = [(0, 4), (4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)];
    private static readonly (int At, int Width)[] Directory = [(0, 4), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4)];
    private static readonly (int At, int Width)[] End = [(0, 4), (4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)];
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
            zip.ChangeEnd = Change(random, End);
        if (random.Next(5) == 0)
        {
            zip.HasZip64 = true;
            zip.ChangeZip64 = random.Next(3) == 0 ? Change(random, Zip64) : null;
        }

        if (random.Next(30) == 0)
            zip.BeforeDirectory = new byte[random.Next(60)];
        return zip.Build();
    }

    private static void Add(ZipBuilder zip, Random random, string name, byte[] content)
    {
        var local = random.Next(50) == 0 ? Change(random, Local) : null;
        var directory = random.Next(50) == 0 ? Change(random, Directory) : null;
        switch (random.Next(6))
        {
            case 0:
                zip.AddDeflated(name, content, local, directory, random.Next(8) == 0 ? packed => ByteMutator.Mutate(packed, random) : null);
                break;
            case 1:
                zip.AddZip64(name, content, random.Next(3) == 0 ? extra => extra[random.Next(extra.Length)] = (byte)random.Next(256) : null);
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
