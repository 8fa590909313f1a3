using System.Globalization;
using System.Text;

namespace Galvani.Testing.Fuzzing;

/// <summary>Writes headers of safetensors and numpy files in which some token is another than it should be.</summary>
internal static class TextGenerators
{
    private static readonly (string Name, int Bits)[] Types =
        [("F32", 32), ("F16", 16), ("BF16", 16), ("I64", 64), ("U8", 8), ("BOOL", 8), ("F8_E4M3", 8), ("U16", 16), ("C64", 64), ("F8_E8M0", 8), ("F8_E5M2FNUZ", 8), ("F4", 4), ("F6_E2M3", 6)];

    private static readonly string[] NumpyTypes = ["<f4", ">f4", "<f8", "|u1", "<i8", "<c8", ">c16", "|b1", "|O", "<U3", "", "<f3"];
    private static readonly string[] Junk = ["null", "-1", "1e3", "1.0", "\"x\"", "[]", "{}", "true", "9223372036854775808", "", ",", "\u0000", "\\ud800", " \n"];

    /// <summary>A safetensors file of a few tensors whose bytes follow one another, with at most a few tokens wrong.</summary>
    /// <param name="random">The source of numbers.</param>
    /// <param name="names">What to name them, six at least; null for short names.</param>
    public static byte[] Safetensors(Random random, IReadOnlyList<string>? names = null)
    {
        var header = new StringBuilder("{");
        if (random.Next(3) == 0)
            header.Append("\"__metadata__\":{\"format\":").Append(Token(random, "\"pt\"")).Append("},");
        var end = 0L;
        var count = random.Next(6);
        for (var i = 0; i < count; i++)
        {
            var (type, bits) = Types[random.Next(random.Next(6) == 0 ? Types.Length : Types.Length - 1)]; // the last is not read
            var shape = Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5)).ToArray();
            var start = end;
            end += shape.Aggregate((long)bits, (product, size) => product * size) / 8;
            header.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"\"{Name(random.Next(20) == 0 ? 0 : i)}\":{{\"dtype\":{Token(random, $"\"{type}\"")},\"shape\":[{string.Join(',', shape.Select(size => Token(random, Text(size))))}],");
            header.Append(CultureInfo.InvariantCulture, $"\"data_offsets\":[{Token(random, Text(start))},{Token(random, Text(end))}]}}");
        }

        header.Append('}').Append(' ', random.Next(3) == 0 ? random.Next(9) : 0);
        var dataBytes = (int)end + (random.Next(20) == 0 ? random.Next(-3, 4) : 0);
        var length = random.Next(20) == 0 ? (ulong?)ByteMutator.Extreme(random) : null;
        return SafetensorsBuilder.Build(header.ToString().Replace(",}", "}", StringComparison.Ordinal), Math.Max(0, dataBytes), length);

        string Name(int index) => names is null ? $"t{index}" : names[index];
    }

    /// <summary>A numpy array with at most a few tokens of its header wrong.</summary>
    public static byte[] Array(Random random)
    {
        var type = NumpyTypes[random.Next(random.Next(6) == 0 ? NumpyTypes.Length : 8)];
        var shape = Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5)).ToArray();
        var bytes = shape.Aggregate(type.Length > 2 && type[^1] is >= '1' and <= '8' ? type[^1] - '0' : 16L, (product, size) => product * size);
        var sizes = string.Join(", ", shape.Select(size => Token(random, Text(size)))) + (shape.Length == 1 ? "," : "");
        var header = $"{{'descr': '{type}', 'fortran_order': {(random.Next(2) == 0 ? "True" : Token(random, "False"))}, 'shape': ({sizes}), }}\n";
        var version = (byte)(random.Next(20) == 0 ? random.Next(9) : random.Next(1, 3));
        var length = header.Length + (random.Next(20) == 0 ? random.Next(-3, 300) : 0);
        byte[] lengthBytes = version == 1 ? [(byte)length, (byte)(length >> 8)] : [(byte)length, (byte)(length >> 8), 0, 0];
        return [0x93, .. "NUMPY"u8, version, 0, .. lengthBytes, .. Encoding.Latin1.GetBytes(header), .. new byte[bytes + (random.Next(20) == 0 ? 1 : 0)]];
    }

    /// <summary>The token itself, rarely something else.</summary>
    private static string Token(Random random, string token) => random.Next(25) switch
    {
        0 => Junk[random.Next(Junk.Length)],
        1 => ByteMutator.Extreme(random).ToString(CultureInfo.InvariantCulture),
        _ => token,
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
