using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Vectors into a file of arrays: one array with a row for each line, or an array [S, D] for each line, named <c>0.embedded</c>, <c>1.embedded</c> ...
/// Numbers go to a temporary file beside it until all sizes are known, so that memory does not grow with them; only the number of rows of each line is kept.
/// </summary>
internal sealed class ArraySink : VectorSink
{
    private readonly string path;
    private readonly string extension;
    private readonly EmbeddedForm form;
    private readonly int width;
    private readonly FileStream spool;
    private readonly List<int> rowCounts = [];
    private long lineCount;

    /// <param name="path">The file.</param>
    /// <param name="extension">Its format: <c>.npz</c> or <c>.safetensors</c>.</param>
    /// <param name="width">D.</param>
    /// <param name="form">What becomes of a line.</param>
    /// <exception cref="IOException">The folder is missing or not writable.</exception>
    public ArraySink(string path, string extension, int width, EmbeddedForm form)
    {
        (this.path, this.extension, this.width, this.form) = (path, extension, width, form);
        spool = new FileStream(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.rows"),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);
    }

    public override int Collect(Func<int> run)
    {
        var code = run();
        spool.Position = 0;
        if (form == EmbeddedForm.Mean)
            ArrayStream.Write(path, extension, "vectors", [lineCount, width], spool);
        else
            ArrayStream.WriteMany(path, extension, [.. rowCounts.Select((rows, index) => new ArrayShape(FormattableString.Invariant($"{index}.embedded"), [rows, width]))], spool);
        return code;
    }

    public override void Write(EmbeddedBatch batch)
    {
        spool.Write(Casts.ViewBytes(batch.Values));
        lineCount += batch.RowCounts.Count;
        if (form == EmbeddedForm.Tokens)
            rowCounts.AddRange(batch.RowCounts);
    }

    public override void Dispose() => spool.Dispose();
}
