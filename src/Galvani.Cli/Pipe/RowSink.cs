using Galvani.Checkpoints.Numpy;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>A row for each line, straight into a <c>.npy</c> file whose header is corrected at the end: memory does not grow with the lines.</summary>
/// <param name="path">The file.</param>
/// <param name="width">D.</param>
internal sealed class RowSink(string path, int width) : VectorSink
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
