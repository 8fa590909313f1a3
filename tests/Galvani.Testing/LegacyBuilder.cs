using System.Buffers.Binary;

namespace Galvani.Testing;

/// <summary>Builds files in torch's old container (before 1.6) part by part, also broken ones: every part can be set to something else.</summary>
public sealed class LegacyBuilder
{
    private static readonly byte[] MagicNumber = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];
    private readonly List<(string Key, long Count, byte[] Bytes)> storages = [];

    /// <summary>The first pickle.</summary>
    public byte[] Magic { get; set; } = RawPickle.Of(pickle => pickle.Bytes(MagicNumber));

    /// <summary>The second pickle.</summary>
    public byte[] Version { get; set; } = RawPickle.Of(pickle => pickle.Int(1001));

    /// <summary>The third pickle.</summary>
    public byte[] System { get; set; } = RawPickle.Of(pickle => pickle.Op("}"));

    /// <summary>The object tree.</summary>
    public byte[] Pickle { get; set; } = RawPickle.Of(pickle => pickle.Op("}"));

    /// <summary>The fifth pickle; null for the keys of the storages.</summary>
    public byte[]? Keys { get; set; }

    /// <summary>Bytes behind the last storage.</summary>
    public byte[] After { get; set; } = [];

    /// <summary>Adds a storage of float32.</summary>
    public LegacyBuilder Add(string key, byte[] bytes) => Add(key, bytes.Length / 4, bytes);

    /// <summary>Adds a storage with any count in front of its bytes.</summary>
    public LegacyBuilder Add(string key, long elementCount, byte[] bytes)
    {
        storages.Add((key, elementCount, bytes));
        return this;
    }

    /// <summary>A file with a float32 tensor of four elements in storage 7.</summary>
    public static LegacyBuilder Tensor() => new LegacyBuilder
    {
        Pickle = RawPickle.Of(pickle => pickle.Op("}").Text("w").LegacyTensor("7", elementCount: 4, offset: 0, [2, 2], [2, 1]).Op('s')),
    }.Add("7", [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64]);

    /// <summary>A file that is nothing but a storage of four float32, as storages are pickled outside <c>torch.save</c>.</summary>
    public static byte[] Storage() => new LegacyBuilder
    {
        Pickle = RawPickle.Of(pickle => pickle.Op('(').Text("storage").Global("torch", "FloatStorage").Text("7").Text("cpu").Long(4).Op("NtQ")),
    }.Add("7", [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64]).Build();

    /// <summary>The bytes of the file.</summary>
    public byte[] Build()
    {
        var keys = Keys ?? RawPickle.Of(pickle =>
        {
            pickle.Op("](");
            foreach (var (key, _, _) in storages)
                pickle.Text(key);
            pickle.Op('e');
        });
        var output = new List<byte>();
        foreach (var part in (byte[][])[Magic, Version, System, Pickle, keys])
            output.AddRange(part);
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (var (_, elementCount, bytes) in storages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(count, elementCount);
            output.AddRange(count);
            output.AddRange(bytes);
        }

        output.AddRange(After);
        return [.. output];
    }
}
