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
    /// <param name="form">What a line becomes: a row of one array, or an array of its own.</param>
    /// <exception cref="UsageException">The path's extension is none of the formats', or the format cannot hold the form.</exception>
    /// <exception cref="IOException">The folder is missing or not writable, or the path is no file.</exception>
    public static VectorSink Create(string? path, int width, EmbeddedForm form)
    {
        if (path is null)
            return new TextSink();
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".npy" or ".npz" or ".safetensors"))
            throw new UsageException($"{path} ends in '{extension}', expected .npy, .npz or .safetensors.");
        if (form == EmbeddedForm.Tokens && extension == ".npy")
            throw new UsageException("--per-token gives an array a line, which .npy cannot hold: use .npz or .safetensors.");
        AtomicFile.CheckTarget(path);
        return extension == ".npy" ? new RowSink(path, width) : new ArraySink(path, width, form);
    }

    /// <summary>Runs what calls <see cref="Write"/>, and finishes the output when it has ended; where it throws, no file is written.</summary>
    /// <param name="run">Gives the exit code.</param>
    /// <returns>The exit code.</returns>
    public abstract int Collect(Func<int> run);

    /// <summary>Takes the next lines.</summary>
    public abstract void Write(EmbeddedBatch batch);

    /// <summary>Hands on what was taken, where someone may be waiting for it.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>Gives back what the sink holds.</summary>
    public abstract void Dispose();

    private sealed class TextSink : VectorSink
    {
        private readonly Stream stream = Standard.OpenStream();

        public override bool NeedsText => true;

        public override int Collect(Func<int> run) => run();

        public override void Write(EmbeddedBatch batch)
        {
            if (batch.Later is { } line)
                line.Print(stream);
            else
                stream.Write(batch.Text.GetBuffer(), 0, (int)batch.Text.Length);
        }

        public override void Flush() => stream.Flush();

        public override void Dispose() => stream.Dispose();
    }
}
