using System.Buffers.Binary;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>Takes the vectors of the lines, in order: as text on standard output, or as an array in a file.</summary>
internal abstract class VectorSink : IDisposable
{
    /// <summary>Whether the lines' text is printed.</summary>
    public virtual bool NeedsText => false;

    /// <summary>The sink that an output path asks for.</summary>
    /// <param name="path">The file; null for standard output.</param>
    /// <param name="width">D.</param>
    /// <param name="isPerToken">Whether each line gives an array of its own.</param>
    public static VectorSink Create(string? path, int width, bool isPerToken)
    {
        if (path is null)
            return new TextSink();
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".npy" or ".npz" or ".safetensors"))
            throw new UsageException($"{path} ends in '{extension}', expected .npy, .npz or .safetensors.");
        if (isPerToken && extension == ".npy")
            throw new UsageException("--per-token gives an array a line, which .npy cannot hold: use .npz or .safetensors.");
        return isPerToken ? new LineArraySink(path, extension, width) : new RowSink(path, extension, width);
    }

    public abstract void Write(EmbeddedLine line);

    public virtual void Flush()
    {
    }

    /// <summary>Writes the file, once all lines are there.</summary>
    public virtual void Complete()
    {
    }

    public abstract void Dispose();

    private sealed class TextSink : VectorSink
    {
        private readonly Stream stream = Standard.OpenStream();

        public override bool NeedsText => true;

        public override void Write(EmbeddedLine line) => stream.Write(line.Text);

        public override void Flush() => stream.Flush();

        public override void Dispose() => stream.Dispose();
    }

    /// <summary>Rows go to a temporary file, so that memory does not grow with the lines; the array is made from it at the end.</summary>
    private sealed class RowSink(string path, string extension, int width) : VectorSink
    {
        private readonly FileStream spool = new(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.rows"),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);

        private readonly byte[] row = new byte[width * sizeof(float)];
        private long count;

        public override void Write(EmbeddedLine line)
        {
            Array.Clear(row);
            for (var d = 0; d < line.Values.Length; d++)
                BinaryPrimitives.WriteSingleLittleEndian(row.AsSpan(d * sizeof(float)), line.Values[d]);
            spool.Write(row);
            count++;
        }

        public override void Complete()
        {
            spool.Position = 0;
            ArrayStream.Write(path, extension, "vectors", [count, width], spool);
        }

        public override void Dispose() => spool.Dispose();
    }

    private sealed class LineArraySink(string path, string extension, int width) : VectorSink
    {
        private readonly List<KeyValuePair<string, NumpyArray>> arrays = [];

        public override void Write(EmbeddedLine line) =>
            arrays.Add(new(FormattableString.Invariant($"{arrays.Count}.embedded"), NumpyArray.Create(line.Values, line.Values.Length / width, width)));

        public override void Complete()
        {
            if (extension == ".npz")
                NpzFile.Write(path, arrays);
            else
                SafetensorsFile.Write(path, arrays);
        }

        public override void Dispose()
        {
        }
    }
}
