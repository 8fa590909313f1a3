using System.Buffers.Binary;
using System.Text;

namespace Galvani.Testing;

/// <summary>Builds safetensors files from the text of their header, also broken ones.</summary>
public static class SafetensorsBuilder
{
    /// <summary>A file.</summary>
    /// <param name="header">The header as it is to stand.</param>
    /// <param name="dataBytes">The number of bytes behind it: 0, 1, 2 ...</param>
    /// <param name="length">The length in front; null for that of the header.</param>
    public static byte[] Build(string header, int dataBytes, ulong? length = null) => Build(Encoding.UTF8.GetBytes(header), dataBytes, length);

    /// <summary>A file.</summary>
    /// <param name="header">The header's bytes.</param>
    /// <param name="dataBytes">The number of bytes behind it: 0, 1, 2 ...</param>
    /// <param name="length">The length in front; null for that of the header.</param>
    public static byte[] Build(byte[] header, int dataBytes, ulong? length = null)
    {
        var file = new byte[sizeof(ulong) + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length ?? (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        for (var i = 0; i < dataBytes; i++)
            file[sizeof(ulong) + header.Length + i] = (byte)i;
        return file;
    }

    /// <summary>The header's text for one tensor.</summary>
    public static string Entry(string name, string type, string shape, string offsets) => $"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":{shape},\"data_offsets\":{offsets}}}";

    /// <summary>The header's text for a float32 vector of four at the start of the data.</summary>
    public static string Vector { get; } = "{" + Entry("w", "F32", "[4]", "[0,16]") + "}";
}
