namespace Galvani.Checkpoints.Writing;

/// <summary>Where an operation writes: a file whose extension is the format, or nowhere, to learn what would be written.</summary>
public sealed class CheckpointDestination
{
    private static readonly (string Extension, CheckpointFormat Format)[] Extensions =
        [(".pt", CheckpointFormat.Torch), (".pth", CheckpointFormat.Torch), (".safetensors", CheckpointFormat.Safetensors), (".npz", CheckpointFormat.Numpy), (".galvani", CheckpointFormat.Galvani)];

    private CheckpointDestination(string path, bool isRehearsal, CheckpointFormat format, CheckpointLimits limits) => (Path, IsRehearsal, Format, Limits) = (path, isRehearsal, format, limits);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The format that its extension names, or the split form.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>What the new file is to be readable with; a file that is not is not written. Default: the defaults.</summary>
    public CheckpointLimits Limits { get; }

    /// <summary>The file beside it that takes the weights; null but for the split form.</summary>
    public string? WeightsPath => Format == CheckpointFormat.Split ? SplitFiles.WeightsOf(Path) : null;

    /// <summary>Whether everything is done but nothing is written: sizes and findings are those of the real run.</summary>
    public bool IsRehearsal { get; }

    /// <summary>A file: it appears whole or not at all, and may be the one that is read.</summary>
    /// <param name="path">The file; <c>.pt</c>, <c>.pth</c>, <c>.safetensors</c>, <c>.npz</c> or <c>.galvani</c>.</param>
    /// <exception cref="ArgumentException">The extension is none of these.</exception>
    public static CheckpointDestination File(string path) => new(path, isRehearsal: false, FormatOf(path), CheckpointLimits.Default);

    /// <summary>Nowhere: the work is done and measured, the file is not touched.</summary>
    /// <param name="path">The file that would be written.</param>
    /// <exception cref="ArgumentException">The extension names no format.</exception>
    public static CheckpointDestination Rehearsal(string path) => new(path, isRehearsal: true, FormatOf(path), CheckpointLimits.Default);

    /// <summary>The same place for a file that is to be readable with other limits.</summary>
    /// <param name="limits">The limits.</param>
    public CheckpointDestination Within(CheckpointLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return new CheckpointDestination(Path, IsRehearsal, Format, limits);
    }

    /// <summary>The same place in the split form: the file without weights, and beside it <c>BASE.00.safetensors</c> with them.</summary>
    /// <exception cref="ArgumentException">The extension is not <c>.pt</c>.</exception>
    public CheckpointDestination AsSplit() =>
        System.IO.Path.GetExtension(Path).Equals(".pt", StringComparison.OrdinalIgnoreCase)
            ? new CheckpointDestination(Path, IsRehearsal, CheckpointFormat.Split, Limits)
            : throw new ArgumentException($"{Path} is to be in the split form, expected a file .pt, beside which the weights are written as .00.safetensors.");

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

    /// <summary>Writes the two files of the split form, or counts their bytes.</summary>
    /// <returns>Their lengths together.</returns>
    /// <exception cref="IOException">Beside the file is another numbered one, which readers would take for a part of the new checkpoint.</exception>
    internal long WriteSplit(Action<Stream> writeWeights, Action<Stream> writeRest)
    {
        var weights = SplitFiles.WeightsOf(Path);
        if (Directory.Exists(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))))
        {
            var other = SplitFiles.Find(Path).FirstOrDefault(file => IsOther(file, weights));
            if (other is not null)
                throw new IOException($"{other} would be read as a part of the new checkpoint; remove it, or choose another name.");
        }

        var bytes = 0L;
        if (IsRehearsal)
        {
            Measure(writeWeights);
            Measure(writeRest);
        }
        else
            AtomicFile.WriteTogether([new(weights, stream => Count(stream, writeWeights)), new(Path, stream => Count(stream, writeRest))]);
        return bytes;

        void Measure(Action<Stream> write)
        {
            using var measure = new MeasuringStream();
            Count(measure, write);
        }

        void Count(Stream stream, Action<Stream> write)
        {
            write(stream);
            bytes += stream.Length;
        }
    }

    /// <summary>Whether a file is a numbered one, and not the one that is written; the unnumbered one is not read beside it.</summary>
    private static bool IsOther(string file, string weights) =>
        file != System.IO.Path.GetFullPath(weights) && System.IO.Path.GetFileNameWithoutExtension(file).Length > System.IO.Path.GetFileNameWithoutExtension(weights).Length - ".00".Length;

    private static CheckpointFormat FormatOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var extension = System.IO.Path.GetExtension(path);
        foreach (var (known, format) in Extensions)
        {
            if (string.Equals(extension, known, StringComparison.OrdinalIgnoreCase))
                return format;
        }

        throw new ArgumentException($"{path} has the extension '{extension}', expected {string.Join(", ", Extensions.Select(entry => entry.Extension))}: it is the format.", nameof(path));
    }
}
