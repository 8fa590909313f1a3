using System.Buffers.Binary;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Commands;

namespace Galvani.Cli.Pipe;

/// <summary>What becomes of a line in a file of arrays.</summary>
internal enum ArrayLayout
{
    /// <summary>A row of one array; a blank line is a row of zeros.</summary>
    RowPerLine,

    /// <summary>An array [S, D] of its own, named <c>0.embedded</c>, <c>1.embedded</c> ...</summary>
    ArrayPerLine,
}

/// <summary>
/// Vectors into a file of arrays. Numbers go to a temporary file beside it until the number of lines is known, so that memory does not grow with them;
/// only the number of rows of each line is kept.
/// </summary>
internal sealed class ArraySink : VectorSink
{
    private readonly string path;
    private readonly string extension;
    private readonly ArrayLayout layout;
    private readonly int width;
    private readonly FileStream spool;
    private readonly byte[] row;
    private readonly List<int> rowCounts = [];
    private long count;

    /// <param name="path">The file.</param>
    /// <param name="extension">Its format: <c>.npy</c>, <c>.npz</c>, <c>.safetensors</c>.</param>
    /// <param name="width">D.</param>
    /// <param name="layout">What becomes of a line.</param>
    /// <exception cref="IOException">The folder is missing or not writable.</exception>
    public ArraySink(string path, string extension, int width, ArrayLayout layout)
    {
        (this.path, this.extension, this.width, this.layout) = (path, extension, width, layout);
        AtomicFile.CheckTarget(path);
        spool = new FileStream(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.rows"),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);
        row = new byte[width * sizeof(float)];
    }

    public override void Write(EmbeddedLine line)
    {
        var values = line.Values.AsSpan();
        if (layout == ArrayLayout.ArrayPerLine)
            rowCounts.Add(values.Length / width);
        else if (values.IsEmpty)
            values = new float[width];
        for (; !values.IsEmpty; values = values[width..])
        {
            for (var d = 0; d < width; d++)
                BinaryPrimitives.WriteSingleLittleEndian(row.AsSpan(d * sizeof(float)), values[d]);
            spool.Write(row);
        }

        count++;
    }

    public override void Complete()
    {
        spool.Position = 0;
        if (layout == ArrayLayout.RowPerLine)
            ArrayStream.Write(path, extension, "vectors", [count, width], spool);
        else
            ArrayStream.WriteMany(path, extension, [.. rowCounts.Select((rows, index) => new ArrayShape(FormattableString.Invariant($"{index}.embedded"), [rows, width]))], spool);
    }

    public override void Dispose() => spool.Dispose();
}
