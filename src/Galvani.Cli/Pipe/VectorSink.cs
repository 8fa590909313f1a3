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
        return new ArraySink(path, extension, width, isPerToken ? ArrayLayout.ArrayPerLine : ArrayLayout.RowPerLine);
    }

    /// <summary>Takes the next line's vectors.</summary>
    public abstract void Write(EmbeddedLine line);

    /// <summary>Hands on what was taken, where someone may be waiting for it.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>Writes the file, once all lines are there.</summary>
    public virtual void Complete()
    {
    }

    /// <summary>Gives back what the sink holds; without <see cref="Complete"/> no file is written.</summary>
    public abstract void Dispose();

    private sealed class TextSink : VectorSink
    {
        private readonly Stream stream = Standard.OpenStream();

        public override bool NeedsText => true;

        public override void Write(EmbeddedLine line) => stream.Write(line.Text);

        public override void Flush() => stream.Flush();

        public override void Dispose() => stream.Dispose();
    }
}
