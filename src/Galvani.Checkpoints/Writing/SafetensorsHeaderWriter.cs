using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Galvani.Checkpoints.Writing;

/// <summary>The header of a safetensors file: 8 bytes of length, then JSON padded with spaces to a multiple of 8. The data follows without holes.</summary>
internal sealed class SafetensorsHeaderWriter
{
    private const int Alignment = 8;
    private const string MetadataName = "__metadata__";

    private readonly List<(string Name, string Type, IReadOnlyList<long> Shape, long Bytes)> tensors = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>Whether the header says that the tensors are torch's, which readers of whole models want to see.</summary>
    public bool NamesTorch { get; init; }

    /// <summary>Adds a tensor; its data comes behind that of the ones before.</summary>
    /// <exception cref="ArgumentException">The name is taken, or reserved.</exception>
    public void Add(string name, string type, IReadOnlyList<long> shape, long bytes)
    {
        if (name == MetadataName || !names.Add(name))
            throw new ArgumentException(name == MetadataName ? $"{name} is reserved in safetensors files." : $"Two tensors are named {name}.", nameof(name));
        tensors.Add((name, type, shape, bytes));
    }

    /// <summary>Writes length and header.</summary>
    public void Write(Stream output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            WriteJson(json);
        while (buffer.Length % Alignment != 0)
            buffer.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)buffer.Length);
        output.Write(length);
        buffer.WriteTo(output);
    }

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (NamesTorch)
        {
            json.WriteStartObject(MetadataName);
            json.WriteString("format", "pt");
            json.WriteEndObject();
        }

        long offset = 0;
        foreach (var (name, type, shape, bytes) in tensors)
        {
            json.WriteStartObject(name);
            json.WriteString("dtype", type);
            json.WriteStartArray("shape");
            foreach (var size in shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += bytes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
