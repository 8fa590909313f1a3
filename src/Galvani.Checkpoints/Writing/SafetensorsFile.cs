using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Writing;

/// <summary>The safetensors format: 8 bytes of header length, a JSON header padded with spaces, then the data without holes.</summary>
public static class SafetensorsFile
{
    /// <summary>Writes arrays, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Names and float32 or int64 arrays.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    /// <exception cref="ArgumentException">An array has another type.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, NumpyArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        var header = new SafetensorsHeaderWriter();
        foreach (var (name, array) in arrays)
            header.Add(name, TypeName(array.TypeCode), array.Shape, array.Bytes.Length);
        AtomicFile.Write(path, stream =>
        {
            header.Write(stream);
            foreach (var (_, array) in arrays)
                stream.Write(array.Bytes);
        });
    }

    /// <summary>The format's name of an element type.</summary>
    /// <param name="typeCode">numpy's code.</param>
    /// <exception cref="ArgumentException">The type is not written.</exception>
    internal static string TypeName(string typeCode) => typeCode switch
    {
        "f4" => "F32",
        "i8" => "I64",
        _ => throw new ArgumentException($"An array of {typeCode} is not written; f4 and i8 are.", nameof(typeCode)),
    };
}
