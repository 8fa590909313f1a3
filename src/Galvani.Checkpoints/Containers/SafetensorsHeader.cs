using System.Text.Json;
using System.Text.Unicode;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>A tensor as the header describes it; its size fits its type and shape.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Start">Where its bytes begin, from the end of the header.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsTensor(string Name, DType Type, long[] Shape, long Start, long End);

/// <summary>What a header says.</summary>
/// <param name="Tensors">The tensors in the header's order.</param>
/// <param name="Metadata">The free texts under <c>__metadata__</c>, or null.</param>
internal sealed record SafetensorsHeaderContent(IReadOnlyList<SafetensorsTensor> Tensors, PickleDictionary? Metadata);

/// <summary>One strict pass over the JSON of a safetensors header; builds no document.</summary>
internal ref struct SafetensorsHeader
{
    /// <summary>The key of the free texts.</summary>
    public const string MetadataKey = "__metadata__";

    private const int PrefixBytes = sizeof(ulong);

    private readonly ReadOnlySpan<byte> header;
    private readonly PickleBudget budget;
    private readonly string path;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly List<SafetensorsTensor> tensors = [];
    private readonly List<long> numbers = []; // of the shape or the offsets that are read
    private Utf8JsonReader json;

    /// <param name="header">The bytes of the header.</param>
    /// <param name="budget">The account of memory.</param>
    /// <param name="path">The file, for errors.</param>
    public SafetensorsHeader(ReadOnlySpan<byte> header, PickleBudget budget, string path)
    {
        this.header = header;
        (this.budget, this.path) = (budget, path);
        json = new Utf8JsonReader(header.TrimEnd((byte)' '));
    }

    /// <summary>Reads the header.</summary>
    /// <exception cref="CheckpointFormatException">It is no JSON, or breaks the specification.</exception>
    /// <exception cref="UnsupportedCheckpointException">A tensor has a type that is known and not read.</exception>
    public SafetensorsHeaderContent Read()
    {
        if (header is not [(byte)'{', ..])
            throw new CheckpointFormatException("The header does not begin with '{'", path, entry: null, PrefixBytes);
        if (!header.EndsWith("}"u8) && header.TrimEnd((byte)' ') is not [.., (byte)'}'])
            throw new CheckpointFormatException("The header does not end with '}' and spaces", path, entry: null, PrefixBytes + header.Length);
        if (!Utf8.IsValid(header))
            throw new CheckpointFormatException("The header is not UTF-8", path, entry: null, PrefixBytes);
        try
        {
            return ReadObject();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half of a surrogate pair
            throw new CheckpointFormatException($"The header is not valid JSON: {exception.Message}", path, entry: null, PrefixBytes + json.BytesConsumed, exception);
        }
    }

    private SafetensorsHeaderContent ReadObject()
    {
        PickleDictionary? metadata = null;
        Next();
        while (NextKey() is { } name)
        {
            if (!names.Add(name))
                throw Error($"The header names {PickleText.Quote(name.AsSpan())} twice");
            Charge(PickleBudget.NamedTensorBytes + 2L * name.Length);
            if (name == MetadataKey)
                metadata = ReadMetadata();
            else
                tensors.Add(ReadTensor(name));
        }

        if (json.Read())
            throw Error("The header goes on after its object");
        return new SafetensorsHeaderContent(tensors, metadata);
    }

    private PickleDictionary ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, MetadataKey);
        var metadata = new PickleDictionary();
        while (NextKey() is { } key)
        {
            Expect(JsonTokenType.String, MetadataKey);
            var text = json.GetString()!;
            Charge(PickleBudget.EntryBytes + 2L * PickleBudget.NodeBytes + 2L * (key.Length + text.Length));
            if (metadata[key] is not null)
                throw Error($"{MetadataKey} names {PickleText.Quote(key.AsSpan())} twice");
            metadata.Set(new PickleString(key), new PickleString(text));
        }

        return metadata;
    }

    private SafetensorsTensor ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, name);
        DType? type = null;
        long[]? shape = null, offsets = null;
        while (Next() != JsonTokenType.EndObject)
        {
            // compared where they stand: a string for each would be most of what is allocated
            if (type is null && json.ValueTextEquals("dtype"u8))
                type = ReadType(name);
            else if (shape is null && json.ValueTextEquals("shape"u8))
                shape = ReadNumbers(name);
            else if (offsets is null && json.ValueTextEquals("data_offsets"u8))
                offsets = ReadNumbers(name);
            else
                throw Error($"Tensor {PickleText.Quote(name.AsSpan())} has {PickleText.Quote(json.GetString())} twice or beside dtype, shape and data_offsets");
        }

        if (type is null || shape is null || offsets is not [var start, var end])
            throw Error($"Tensor {PickleText.Quote(name.AsSpan())} needs a dtype, a shape, and data_offsets of two numbers");
        if (type == DType.Float4E2M1FnX2)
            ShapeInPairs(name, shape);
        CheckSize(name, type.Value, shape, start, end);
        return new SafetensorsTensor(name, type.Value, shape, start, end);
    }

    /// <summary>The format counts numbers of 4 bits, torch pairs of them: along the last dimension.</summary>
    private readonly void ShapeInPairs(string name, long[] shape)
    {
        if (shape is not [.., var last] || last % 2 != 0)
            throw Error($"Tensor {PickleText.Quote(name.AsSpan())} of shape [{string.Join(", ", shape)}] has numbers of 4 bits that do not come in pairs");
        shape[^1] = last / 2;
    }

    private readonly void CheckSize(string name, DType type, long[] shape, long start, long end)
    {
        Int128 bytes = type.ElementBytes();
        foreach (var size in shape)
        {
            bytes *= size;
            if (bytes > long.MaxValue)
                throw Error($"Tensor {PickleText.Quote(name.AsSpan())} of shape [{string.Join(", ", shape)}] is too large");
        }

        if (end - start != bytes)
            throw Error($"Tensor {PickleText.Quote(name.AsSpan())} has data_offsets {start} to {end}, expected {bytes} bytes (from its dtype and shape)");
    }

    private DType ReadType(string name)
    {
        Expect(JsonTokenType.String, name);
        if (SafetensorsTypes.TryParse(json, out var type))
            return type;
        var text = json.GetString()!;
        if (SafetensorsTypes.IsKnown(text))
            throw new UnsupportedCheckpointException($"Tensor {name} has the type {text}, supported: {SafetensorsTypes.Names} ({path}).");
        throw Error($"Tensor {PickleText.Quote(name.AsSpan())} has the unknown dtype {PickleText.Quote(text.AsSpan())}");
    }

    private long[] ReadNumbers(string name)
    {
        Expect(JsonTokenType.StartArray, name);
        numbers.Clear();
        while (Next() != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0)
                throw Error($"Tensor {PickleText.Quote(name.AsSpan())} has what is no non-negative 64-bit integer in its shape or data_offsets");
            Charge(PickleBudget.ReferenceBytes);
            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>The next key of the object that is being read; null at its end.</summary>
    private string? NextKey() => Next() == JsonTokenType.EndObject ? null : json.GetString();

    private JsonTokenType Next() => json.Read() ? json.TokenType : throw Error("The header ends too early");

    private void Expect(JsonTokenType expected, string name)
    {
        if (Next() != expected)
            throw Error($"{PickleText.Quote(name.AsSpan())} has a {json.TokenType} where a {expected} is expected");
    }

    private readonly void Charge(long bytes)
    {
        if (budget.Charge(bytes) is { } problem)
            throw Error(problem);
    }

    private readonly CheckpointFormatException Error(string problem) => new(problem, path, entry: null, PrefixBytes + json.TokenStartIndex);
}
