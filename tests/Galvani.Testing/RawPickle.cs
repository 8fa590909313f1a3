using System.Buffers.Binary;
using System.Text;

namespace Galvani.Testing;

/// <summary>Writes pickles opcode by opcode, also broken ones. Calls chain; a protocol and STOP are written only when asked for.</summary>
public sealed class RawPickle
{
    private readonly List<byte> output = [];

    /// <summary>A pickle of protocol 2 around what <paramref name="write"/> writes.</summary>
    public static byte[] Of(Action<RawPickle> write)
    {
        var pickle = new RawPickle().Bytes(0x80, 2);
        write(pickle);
        return pickle.Op('.').ToArray();
    }

    /// <summary>Opcodes without operands: <c>Op("](e")</c>.</summary>
    public RawPickle Op(string opcodes)
    {
        output.AddRange(Encoding.Latin1.GetBytes(opcodes));
        return this;
    }

    /// <summary>One opcode.</summary>
    public RawPickle Op(char opcode) => Bytes((byte)opcode);

    /// <summary>Bytes as they are.</summary>
    public RawPickle Bytes(params ReadOnlySpan<byte> bytes)
    {
        output.AddRange(bytes);
        return this;
    }

    /// <summary>BINUNICODE.</summary>
    public RawPickle Text(string text) => Counted('X', Encoding.UTF8.GetBytes(text));

    /// <summary>An opcode, a length of four bytes, and bytes.</summary>
    public RawPickle Counted(char opcode, ReadOnlySpan<byte> bytes) => Op(opcode).UInt32((uint)bytes.Length).Bytes(bytes);

    /// <summary>BININT.</summary>
    public RawPickle Int(int value) => Op('J').UInt32((uint)value);

    /// <summary>LONG1 of eight bytes.</summary>
    public RawPickle Long(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(0x8a, 8).Bytes(bytes);
    }

    /// <summary>GLOBAL.</summary>
    public RawPickle Global(string module, string name) => Op($"c{module}\n{name}\n");

    /// <summary>BINPUT.</summary>
    public RawPickle Put(byte id) => Bytes((byte)'q', id);

    /// <summary>BINGET.</summary>
    public RawPickle Get(byte id) => Bytes((byte)'h', id);

    /// <summary>A tuple of integers.</summary>
    public RawPickle Tuple(params ReadOnlySpan<long> items)
    {
        Op('(');
        foreach (var item in items)
            Long(item);
        return Op('t');
    }

    /// <summary>The persistent id of a storage, and BINPERSID.</summary>
    public RawPickle Storage(string key, string type, long elementCount, string location = "cpu") =>
        Op('(').Text("storage").Global("torch", type).Text(key).Text(location).Long(elementCount).Op("tQ");

    /// <summary>A float32 tensor rebuilt over storage <paramref name="key"/>.</summary>
    public RawPickle Tensor(string key, long elementCount, long offset, long[] shape, long[] strides, string type = "FloatStorage", string location = "cpu") =>
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(key, type, elementCount, location).Long(offset).Tuple(shape).Tuple(strides)
            .Bytes(0x89).Global("collections", "OrderedDict").Op(")RtR");

    /// <summary>A float32 tensor over a storage of the old container: its persistent id has a sixth item, None or a view.</summary>
    public RawPickle LegacyTensor(string key, long elementCount, long offset, long[] shape, long[] strides, Action<RawPickle>? view = null)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op("((").Text("storage").Global("torch", "FloatStorage").Text(key).Text("cpu").Long(elementCount);
        if (view is null)
            Op('N');
        else
            view(this);
        return Op("tQ").Long(offset).Tuple(shape).Tuple(strides).Bytes(0x89).Global("collections", "OrderedDict").Op(")RtR");
    }

    /// <summary>The bytes written so far.</summary>
    public byte[] ToArray() => [.. output];

    private RawPickle UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Bytes(bytes);
    }
}
