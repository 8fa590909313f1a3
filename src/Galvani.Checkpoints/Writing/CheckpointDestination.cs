namespace Galvani.Checkpoints.Writing;

/// <summary>Where an operation writes: a file whose extension is the format, or nowhere, to learn what would be written.</summary>
public sealed class CheckpointDestination
{
    private static readonly (string Extension, CheckpointFormat Format)[] Extensions =
        [(".pt", CheckpointFormat.Torch), (".pth", CheckpointFormat.Torch), (".safetensors", CheckpointFormat.Safetensors), (".npz", CheckpointFormat.Numpy), (".galvani", CheckpointFormat.Galvani)];

    private CheckpointDestination(string path, bool isRehearsal)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Path, IsRehearsal, Format) = (path, isRehearsal, FormatOf(path));
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The format that its extension names.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>Whether everything is done but nothing is written: sizes and findings are those of the real run.</summary>
    public bool IsRehearsal { get; }

    /// <summary>A file: it appears whole or not at all, and may be the one that is read.</summary>
    /// <param name="path">The file; <c>.pt</c>, <c>.pth</c>, <c>.safetensors</c>, <c>.npz</c> or <c>.galvani</c>.</param>
    /// <exception cref="ArgumentException">The extension is none of these.</exception>
    public static CheckpointDestination File(string path) => new(path, isRehearsal: false);

    /// <summary>Nowhere: the work is done and measured, the file is not touched.</summary>
    /// <param name="path">The file that would be written.</param>
    /// <exception cref="ArgumentException">The extension names no format.</exception>
    public static CheckpointDestination Rehearsal(string path) => new(path, isRehearsal: true);

    /// <summary>Writes the file, or counts the bytes that it would have.</summary>
    /// <returns>The file's length.</returns>
    internal long Write(Action<Stream> write)
    {
        if (IsRehearsal)
        {
            using var measure = new MeasuringStream();
            write(measure);
            return measure.Length;
        }

        var bytes = 0L;
        AtomicFile.Write(Path, stream =>
        {
            write(stream);
            bytes = stream.Length;
        });
        return bytes;
    }

    private static CheckpointFormat FormatOf(string path)
    {
        var extension = System.IO.Path.GetExtension(path);
        foreach (var (known, format) in Extensions)
        {
            if (string.Equals(extension, known, StringComparison.OrdinalIgnoreCase))
                return format;
        }

        throw new ArgumentException($"{path} has the extension '{extension}', expected {string.Join(", ", Extensions.Select(entry => entry.Extension))}: it is the format.", nameof(path));
    }
}
