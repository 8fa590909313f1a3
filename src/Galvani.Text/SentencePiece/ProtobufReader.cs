// The part of the protocol buffers wire format that SentencePiece models use, read strictly: wire types 0, 1, 2 and 5,
// varints of at most ten bytes, lengths that stay inside the enclosing message. Groups (3, 4) are refused.
// Specification: protobuf.dev, "Encoding".
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Galvani.Text.SentencePiece;

/// <summary>Reads one message of a file that is wholly in memory; offsets in errors count from the start of the file.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> file, int start, int end, string path)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _position = start;
    private int _fieldStart = start;
    private int _field;
    private int _wireType;

    /// <summary>The file or name that errors mention.</summary>
    public string Path { get; } = path;

    /// <summary>The number of the current field.</summary>
    public readonly int Field => _field;

    /// <summary>Where the current field's tag starts, in bytes from the start of the file.</summary>
    public readonly int FieldStart => _fieldStart;

    /// <summary>Moves to the next field; false at the end of the message.</summary>
    public bool MoveNext()
    {
        if (_position == end)
            return false;
        _fieldStart = _position;
        var tag = ReadVarint();
        if (tag >> 3 is 0 or > 0x1FFF_FFFF)
            Fail($"Field number {tag >> 3}, expected 1 to {0x1FFF_FFFF} (is this a SentencePiece model?).", _fieldStart);
        _field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        if (_wireType is not (0 or 1 or 2 or 5))
            Fail($"Field {_field} has wire type {_wireType}, expected 0, 1, 2 or 5 (is this a SentencePiece model?).", _fieldStart);
        return true;
    }

    /// <summary>Steps over the current field's value.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                ReadVarint();
                break;
            case 1:
                Take(sizeof(long));
                break;
            case 2:
                ReadRange();
                break;
            default:
                Take(sizeof(int));
                break;
        }
    }

    /// <summary>Reads the current field as a string, bytes or message: its range in the file.</summary>
    public (int Start, int Length) ReadRange()
    {
        Require(2);
        var length = ReadVarint();
        if (length > (ulong)(end - _position))
            Fail($"Field {_field} claims {length} bytes, but {end - _position} remain.", _fieldStart);
        return (Take((int)length), (int)length);
    }

    /// <summary>Reads the current field as a message.</summary>
    public ProtobufReader ReadMessage()
    {
        var (start, length) = ReadRange();
        return new ProtobufReader(_file, start, start + length, Path);
    }

    /// <summary>Reads the current field as a float.</summary>
    public float ReadSingle()
    {
        Require(5);
        return BinaryPrimitives.ReadSingleLittleEndian(_file[Take(sizeof(float))..]);
    }

    /// <summary>Reads the current field as a small number: an enum value, for example.</summary>
    public int ReadEnum(int largest)
    {
        Require(0);
        var value = ReadVarint();
        if (value > (ulong)largest)
            Fail($"Field {_field} is {(long)value}, expected 0 to {largest}.", _fieldStart);
        return (int)value;
    }

    /// <summary>Reads the current field as a truth value.</summary>
    public bool ReadBoolean() => ReadEnum(largest: 1) != 0;

    /// <summary>Throws the error for a defect found at <paramref name="offset"/>.</summary>
    [DoesNotReturn]
    public readonly void Fail(string problem, int offset) => throw new TokenizerFormatException(problem, Path, offset);

    private readonly void Require(int wireType)
    {
        if (_wireType != wireType)
            Fail($"Field {_field} has wire type {_wireType}, expected {wireType}.", _fieldStart);
    }

    private int Take(int byteCount)
    {
        if (byteCount > end - _position)
            Fail($"Field {_field} needs {byteCount} bytes, but {end - _position} remain.", _fieldStart);
        var taken = _position;
        _position += byteCount;
        return taken;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position == end)
                Fail("The file or message ends inside a number.", _fieldStart);
            var next = _file[_position++];
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        Fail("A number is longer than 64 bits.", _fieldStart);
        return 0;
    }
}
