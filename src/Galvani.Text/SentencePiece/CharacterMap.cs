// The precompiled normalisation rules of a SentencePiece model: a little-endian uint32 size, a double array of uint32
// units in the layout of the Darts-clone library, and a blob of NUL-terminated replacements that the array's values
// point into. Layout of a unit: bit 31 marks a value; else bits 0-7 are the label, bit 8 says that a value hangs below,
// and bits 9-31 are the XOR offset of the children (bit 9: shifted by 8 more).
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Galvani.Text.SentencePiece;

/// <summary>Looks up the longest rule at a position of the text. Checked when read: no unit leads outside.</summary>
internal sealed class CharacterMap
{
    private const int LongestReplacement = 4096;
    private const int LongestRule = 1024;
    private const uint ValueFlag = 1u << 31;

    private readonly uint[] _units;
    private readonly byte[] _file;
    private readonly int _blobStart;
    private readonly int _blobLength;

    private CharacterMap(uint[] units, byte[] file, int blobStart, int blobLength)
        => (_units, _file, _blobStart, _blobLength) = (units, file, blobStart, blobLength);

    /// <summary>Reads the map of <paramref name="spec"/>; null when there is none.</summary>
    /// <exception cref="TokenizerFormatException">A size, unit or value points outside, or a replacement is not UTF-8.</exception>
    public static CharacterMap? Read(ModelFile file, NormalizerSpec spec)
    {
        if (spec.MapLength == 0)
            return null;
        var bytes = file.Bytes.AsSpan(spec.MapStart, spec.MapLength);
        if (bytes.Length <= sizeof(uint))
            throw new TokenizerFormatException($"The character map has {bytes.Length} bytes, expected more than 4.", file.Path, spec.MapStart);
        var unitBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (unitBytes == 0 || unitBytes % sizeof(uint) != 0 || unitBytes >= (uint)(bytes.Length - sizeof(uint)))
        {
            throw new TokenizerFormatException(
                $"The character map claims {unitBytes} bytes of double array, expected a multiple of 4 below {bytes.Length - sizeof(uint)}.",
                file.Path, spec.MapStart);
        }

        var units = new uint[unitBytes / sizeof(uint)];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(sizeof(uint) * (i + 1))..]);
        var blobStart = sizeof(uint) + (int)unitBytes;
        var map = new CharacterMap(units, file.Bytes, spec.MapStart + blobStart, bytes.Length - blobStart);
        map.CheckBlob(file.Path);
        map.CheckUnits(file.Path, spec.MapStart + sizeof(uint));
        map.CheckDepth(file.Path, spec.MapStart + sizeof(uint));
        return map;
    }

    /// <summary>
    /// Finds the longest rule that <paramref name="text"/> starts with: its replacement (for <see cref="ReplacementAt"/>)
    /// and the number of bytes it consumes; -1 when no rule matches.
    /// </summary>
    public int FindLongest(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        var value = -1;
        var units = _units;
        var position = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if ((uint)position >= (uint)units.Length)
                break;
            var unit = units[position];
            if (Label(unit) != text[i])
                break;
            position ^= Offset(unit);
            if (!HasValue(unit))
                continue;
            value = (int)(units[position] & ~ValueFlag);
            length = i + 1;
        }

        return value;
    }

    /// <summary>The replacement that a rule's value stands for: UTF-8, may be empty.</summary>
    public ReadOnlySpan<byte> ReplacementAt(int value)
    {
        var rest = _file.AsSpan(_blobStart + value, _blobLength - value);
        return rest[..rest.IndexOf((byte)0)];
    }

    /// <summary>
    /// Marks in <paramref name="rules"/> the code points (indices) that a rule starts at or inside, and in
    /// <paramref name="continuations"/> every byte with which some rule goes on after such a code point.
    /// A code point that is not marked, before a byte that is not marked, is its own normal form.
    /// </summary>
    public void MarkRules(Span<bool> rules, Span<bool> continuations)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var codePoint = 0; codePoint < rules.Length; codePoint++)
        {
            var length = new System.Text.Rune(codePoint).EncodeToUtf8(utf8);
            var position = Offset(_units[0]);
            var reached = true;
            for (var i = 0; i < length && reached; i++)
            {
                position ^= utf8[i];
                reached = (uint)position < (uint)_units.Length && Label(_units[position]) == utf8[i];
                if (!reached)
                    break;
                rules[codePoint] |= HasValue(_units[position]);
                position ^= Offset(_units[position]);
            }

            if (reached)
                MarkChildren(position, continuations);
        }
    }

    private void MarkChildren(int position, Span<bool> continuations)
    {
        for (var label = 0; label < 256; label++)
        {
            var child = position ^ label;
            if ((uint)child < (uint)_units.Length && Label(_units[child]) == label)
                continuations[label] = true;
        }
    }

    private void CheckBlob(string path)
    {
        var blob = _file.AsSpan(_blobStart, _blobLength);
        if (blob[^1] != 0)
            throw new TokenizerFormatException("The last replacement of the character map is not ended by NUL.", path, _blobStart + _blobLength - 1);
        if (!Utf8.IsValid(blob))
            throw new TokenizerFormatException("The replacements of the character map are not UTF-8.", path, _blobStart);
        for (var start = 0; start < blob.Length;)
        {
            var length = blob[start..].IndexOf((byte)0);
            if (length > LongestReplacement)
            {
                throw new TokenizerFormatException(
                    $"A replacement of the character map has {length} bytes, expected at most {LongestReplacement}.", path, _blobStart + start);
            }

            start += length + 1;
        }
    }

    private void CheckUnits(string path, int unitsStart)
    {
        var blob = _file.AsSpan(_blobStart, _blobLength);
        for (var i = 0; i < _units.Length; i++)
        {
            var unit = _units[i];
            if ((unit & ValueFlag) != 0)
            {
                if (i == 0)
                    throw new TokenizerFormatException("The root of the character map is a value.", path, unitsStart);
                continue;
            }

            var children = i ^ Offset(unit);
            if ((uint)children >= (uint)_units.Length)
                throw new TokenizerFormatException($"Unit {i} of the character map leads to unit {children} of {_units.Length}.", path, unitsStart + (4L * i));
            if (!HasValue(unit))
                continue;
            var value = _units[children] & ~ValueFlag;
            if ((_units[children] & ValueFlag) == 0 || value >= blob.Length || (blob[(int)value] & 0xC0) == 0x80)
            {
                throw new TokenizerFormatException(
                    $"The value of unit {i} of the character map is {value}, expected the start of one of its replacements ({blob.Length} bytes).",
                    path, unitsStart + (4L * children));
            }
        }
    }

    private void CheckDepth(string path, int unitsStart)
    {
        var sources = new int[_units.Length];
        var targets = new int[_units.Length];
        for (var i = 0; i < _units.Length; i++)
        {
            var isValue = (_units[i] & ValueFlag) != 0;
            var source = i ^ (int)(_units[i] & 0xFF);
            sources[i] = isValue || source >= _units.Length ? -1 : source;
            targets[i] = isValue ? 0 : i ^ Offset(_units[i]);
        }

        var depth = CharacterMapDepth.Measure(Offset(_units[0]), sources, targets);
        if (depth == CharacterMapDepth.Endless)
            throw new TokenizerFormatException("The units of the character map lead in a circle.", path, unitsStart);
        if (depth > LongestRule)
            throw new TokenizerFormatException($"The longest rule of the character map has {depth} bytes, expected at most {LongestRule}.", path, unitsStart);
    }

    private static bool HasValue(uint unit) => (unit >> 8 & 1) != 0;

    private static uint Label(uint unit) => unit & (ValueFlag | 0xFF);

    private static int Offset(uint unit) => (int)(unit >> 10 << (int)((unit & (1u << 9)) >> 6));
}
