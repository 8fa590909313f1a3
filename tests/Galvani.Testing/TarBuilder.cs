using System.Text;

namespace Galvani.Testing;

/// <summary>Builds files in torch's tar archive (before 0.1.10) part by part, also broken ones: every part can be set to something else.</summary>
public sealed class TarBuilder
{
    private const int BlockBytes = 512;
    private readonly List<(string Name, byte[] Content, char Type)> entries = [];

    /// <summary>Blocks of zeros at the end.</summary>
    public int EndBlocks { get; set; } = 2;

    /// <summary>Bytes behind the end.</summary>
    public byte[] After { get; set; } = [];

    /// <summary>What fills the block behind the bytes of an entry.</summary>
    public byte Filling { get; set; }

    /// <summary>Changes the header of an entry, before its checksum is taken.</summary>
    public Action<string, byte[]>? ChangeHeader { get; set; }

    /// <summary>Changes the whole header, its checksum included.</summary>
    public Action<string, byte[]>? ChangeSummedHeader { get; set; }

    /// <summary>A pickled number.</summary>
    public static byte[] Count(int count) => RawPickle.Of(pickle => pickle.Int(count));

    /// <summary>The head of a storage: (key, location, class), and the number of elements.</summary>
    public static byte[] Storage(int key, string type, long elementCount, byte[] bytes) =>
        [.. RawPickle.Of(pickle => pickle.Op('(').Int(key).Text("cpu").Global("torch", type).Op('t')), .. BitConverter.GetBytes(elementCount), .. bytes];

    /// <summary>A tensor: (key, key of its storage, class), its rank, sizes, strides and offset.</summary>
    public static byte[] Tensor(int key, int storageKey, long[] shape, long[] strides, long offset, int? rank = null) =>
    [
        .. RawPickle.Of(pickle => pickle.Op('(').Int(key).Int(storageKey).Global("torch", "FloatTensor").Op('t')), .. BitConverter.GetBytes(rank ?? shape.Length), .. new byte[4],
        .. shape.SelectMany(BitConverter.GetBytes), .. strides.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(offset),
    ];

    /// <summary>No parts of storages.</summary>
    public static byte[] NoParts { get; } = RawPickle.Of(pickle => pickle.Op(']'));

    /// <summary>One storage 7 of the numbers 1 to 4, and one tensor 9 of it under <c>w</c>.</summary>
    /// <param name="storages">The entry of storages; null for that one.</param>
    /// <param name="tensors">The entry of tensors; null for that one.</param>
    /// <param name="pickle">The object tree; null for that one.</param>
    public static TarBuilder Whole(byte[]? storages = null, byte[]? tensors = null, byte[]? pickle = null) => new TarBuilder()
        .Add("sys_info", RawPickle.Of(system => system.Op('}')))
        .Add("pickle", pickle ?? RawPickle.Of(tree => tree.Op('}').Text("w").Text("9").Op("Qs")))
        .Add("tensors", tensors ?? [.. Count(1), .. Tensor(9, 7, [4], [1], offset: 0)])
        .Add("storages", storages ?? [.. Count(1), .. Storage(7, "FloatStorage", 4, Numbers), .. NoParts]);

    /// <summary>The numbers 1 to 4 as float32.</summary>
    public static byte[] Numbers => [.. new[] { 1f, 2, 3, 4 }.SelectMany(BitConverter.GetBytes)];

    /// <summary>Adds a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="type">The type that the header says: 0 is a file.</param>
    public TarBuilder Add(string name, byte[] content, char type = '0')
    {
        entries.Add((name, content, type));
        return this;
    }

    /// <summary>The number of bytes of a file.</summary>
    public int Length(string name) => entries.Find(entry => entry.Name == name).Content.Length;

    /// <summary>The archive's bytes.</summary>
    public byte[] Build()
    {
        using var output = new MemoryStream();
        foreach (var (name, content, type) in entries)
        {
            output.Write(Header(name, content.Length, type));
            output.Write(content);
            output.Write(Enumerable.Repeat(Filling, (BlockBytes - content.Length % BlockBytes) % BlockBytes).ToArray());
        }

        output.Write(new byte[EndBlocks * BlockBytes]);
        output.Write(After);
        return output.ToArray();
    }

    private byte[] Header(string name, int byteCount, char type)
    {
        var header = new byte[BlockBytes];
        Encoding.Latin1.GetBytes(name, header.AsSpan(0, 100));
        Encoding.ASCII.GetBytes("0000644\0", header.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(byteCount, 8).PadLeft(11, '0'), header.AsSpan(124));
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes("ustar\0" + "00", header.AsSpan(257));
        ChangeHeader?.Invoke(name, header);
        header.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(value => value), 8).PadLeft(6, '0') + "\0", header.AsSpan(148));
        ChangeSummedHeader?.Invoke(name, header);
        return header;
    }
}
