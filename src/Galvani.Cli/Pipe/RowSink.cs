using Galvani.Checkpoints.Numpy;

namespace Galvani.Cli.Pipe;

/// <summary>A row for each line, straight to its place in a <c>.npy</c> file, by the thread that made it: memory does not grow with the lines.</summary>
/// <param name="path">The file.</param>
/// <param name="width">D.</param>
internal sealed class RowSink(string path, int width) : VectorSink
{
    private NpyRows? output; // there while a run is collected
    private long count;

    public override int Collect(Func<int> run)
    {
        var code = 0;
        NpyRowFile.Write(path, width, rows =>
        {
            output = rows;
            code = run();
            return count;
        });
        return code;
    }

    public override void Place(long firstLine, EmbeddedBatch batch) => output!.Write(firstLine, batch.Values);

    public override void Write(EmbeddedBatch batch) => count += batch.RowCounts.Count;

    public override void Dispose()
    {
    }
}
