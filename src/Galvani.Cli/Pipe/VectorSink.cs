using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>Takes the vectors of the lines, in order: as text on standard output, or as an array in a file.</summary>
internal abstract class VectorSink : IDisposable
{
    /// <summary>Whether the lines' text is printed.</summary>
    public virtual bool NeedsText => false;

    /// <summary>The sink that an output path asks for.</summary>
    /// <param name="path">The file; null for standard output.</param>
    /// <param name="width">D.</param>
    /// <param name="form">What a line becomes: a row of one array, or an array of its own.</param>
    public static VectorSink Create(string? path, int width, EmbeddedForm form)
    {
        if (path is null)
            return new TextSink();
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".npy" or ".npz" or ".safetensors"))
            throw new UsageException($"{path} ends in '{extension}', expected .npy, .npz or .safetensors.");
        if (form == EmbeddedForm.Tokens && extension == ".npy")
            throw new UsageException("--per-token gives an array a line, which .npy cannot hold: use .npz or .safetensors.");
        if (form == EmbeddedForm.Tokens)
            return new LineArraySink(path, extension, width);
        return extension == ".npy" ? new RowSink(path, width) : new SpooledRowSink(path, extension, width);
    }

    /// <summary>Runs what calls <see cref="Write"/>, and finishes the output when it has ended.</summary>
    /// <param name="run">Gives the exit code.</param>
    /// <returns>The exit code.</returns>
    public abstract int Collect(Func<int> run);

    /// <summary>Takes the next lines.</summary>
    public abstract void Write(EmbeddedBatch batch);

    public virtual void Flush()
    {
    }

    public abstract void Dispose();

    private sealed class TextSink : VectorSink
    {
        private readonly Stream stream = Standard.OpenStream();

        public override bool NeedsText => true;

        public override int Collect(Func<int> run) => run();

        public override void Write(EmbeddedBatch batch) => stream.Write(batch.Text.GetBuffer(), 0, (int)batch.Text.Length);

        public override void Flush() => stream.Flush();

        public override void Dispose() => stream.Dispose();
    }

    /// <summary>Rows go straight into the file, whose header is corrected at the end: memory does not grow with the lines.</summary>
    private sealed class RowSink(string path, int width) : VectorSink
    {
        private Stream output = Stream.Null;
        private long count;

        public override int Collect(Func<int> run)
        {
            var code = 0;
            NpyRowFile.Write(path, width, stream =>
            {
                output = stream;
                code = run();
                return count;
            });
            return code;
        }

        public override void Write(EmbeddedBatch batch)
        {
            output.Write(Casts.ViewBytes(batch.Values));
            count += batch.RowCounts.Count;
        }

        public override void Dispose()
        {
        }
    }

    /// <summary>Rows go to a temporary file, so that memory does not grow with the lines; the array is made from it at the end, in formats that need all sizes first.</summary>
    private sealed class SpooledRowSink(string path, string extension, int width) : VectorSink
    {
        private readonly FileStream spool = new(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.rows"),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);

        private long count;

        public override int Collect(Func<int> run)
        {
            var code = run();
            spool.Position = 0;
            ArrayStream.Write(path, extension, "vectors", [count, width], spool);
            return code;
        }

        public override void Write(EmbeddedBatch batch)
        {
            spool.Write(Casts.ViewBytes(batch.Values));
            count += batch.RowCounts.Count;
        }

        public override void Dispose() => spool.Dispose();
    }

    private sealed class LineArraySink(string path, string extension, int width) : VectorSink
    {
        private readonly List<KeyValuePair<string, NumpyArray>> arrays = [];

        public override int Collect(Func<int> run)
        {
            var code = run();
            if (extension == ".npz")
                NpzFile.Write(path, arrays);
            else
                SafetensorsFile.Write(path, arrays);
            return code;
        }

        public override void Write(EmbeddedBatch batch)
        {
            var start = 0;
            foreach (var rowCount in batch.RowCounts)
            {
                var values = batch.Values.Slice(start, rowCount * width);
                arrays.Add(new(FormattableString.Invariant($"{arrays.Count}.embedded"), NumpyArray.Create(values, rowCount, width)));
                start += values.Length;
            }
        }

        public override void Dispose()
        {
        }
    }
}
