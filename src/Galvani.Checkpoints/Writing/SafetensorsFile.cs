using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Writing;

/// <summary>The safetensors format: 8 bytes of header length, a JSON header padded with spaces, then the data without holes.</summary>
public static class SafetensorsFile
{
    private const int Alignment = 8;

    /// <summary>Writes arrays, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Names and float32 or int64 arrays.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    /// <exception cref="ArgumentException">An array has another type.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, NumpyArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        var header = Header(arrays);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (_, array) in arrays)
                stream.Write(array.Bytes);
        });
    }

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, NumpyArray>> arrays)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            long offset = 0;
            foreach (var (name, array) in arrays)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", TypeName(array.TypeCode));
                json.WriteStartArray("shape");
                foreach (var size in array.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += array.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        var text = Encoding.UTF8.GetString(buffer.ToArray());
        var bytes = Encoding.UTF8.GetByteCount(text);
        return Encoding.UTF8.GetBytes(text + new string(' ', (Alignment - bytes % Alignment) % Alignment));
    }

    private static string TypeName(string typeCode) => typeCode switch
    {
        "f4" => "F32",
        "i8" => "I64",
        _ => throw new ArgumentException($"An array of {typeCode} is not written; f4 and i8 are.", nameof(typeCode)),
    };
}
