using System.Buffers.Binary;
using System.Text;

namespace Galvani.Testing;

/// <summary>Writes SentencePiece model files field by field, well-formed or not.</summary>
public sealed class ModelBuilder
{
    private readonly List<byte> _bytes = [];

    /// <summary>The bytes so far.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>A sound small unigram model: an unknown piece, two control pieces, four normal ones.</summary>
    public static ModelBuilder Small() => new ModelBuilder()
        .Piece("<unk>", 0, 2).Piece("<s>", 0, 3).Piece("</s>", 0, 3)
        .Piece("▁", -3).Piece("a", -2).Piece("b", -2.5f).Piece("▁ab", -4);

    /// <summary>Adds a piece; a type of 0 leaves the field out.</summary>
    public ModelBuilder Piece(string text, float score, int type = 0)
    {
        var piece = new ModelBuilder().Bytes(1, Encoding.UTF8.GetBytes(text)).Single(2, score);
        return Message(1, type == 0 ? piece : piece.Varint(3, (ulong)type));
    }

    /// <summary>Adds trainer settings.</summary>
    public ModelBuilder Trainer(ModelBuilder settings) => Message(2, settings);

    /// <summary>Adds a normaliser with this precompiled map.</summary>
    public ModelBuilder CharacterMap(byte[] map) => Message(3, new ModelBuilder().Bytes(2, map));

    /// <summary>Adds a length-delimited field.</summary>
    public ModelBuilder Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, 2).Number((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    /// <summary>Adds a message.</summary>
    public ModelBuilder Message(int field, ModelBuilder value) => Bytes(field, value.ToArray());

    /// <summary>Adds a varint field.</summary>
    public ModelBuilder Varint(int field, ulong value) => Tag(field, 0).Number(value);

    /// <summary>Adds a float field.</summary>
    public ModelBuilder Single(int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Tag(field, 5)._bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Adds a field's tag alone.</summary>
    public ModelBuilder Tag(int field, int wireType) => Number(((ulong)field << 3) | (uint)wireType);

    /// <summary>Adds a bare varint.</summary>
    public ModelBuilder Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
        return this;
    }

    /// <summary>Adds bytes as they are.</summary>
    public ModelBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A precompiled map of these double-array units and this blob, with a true or a claimed size.</summary>
    public static byte[] Map(uint[] units, byte[] blob, uint? claimedBytes = null)
    {
        var map = new byte[4 + (4 * units.Length) + blob.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(map, claimedBytes ?? 4 * (uint)units.Length);
        for (var i = 0; i < units.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (4 * i)), units[i]);
        blob.CopyTo(map, 4 + (4 * units.Length));
        return map;
    }
}
