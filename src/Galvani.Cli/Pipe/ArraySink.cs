using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Vectors into a file of arrays: one array with a row for each line, or an array [S, D] for each line, named <c>0.embedded</c>, <c>1.embedded</c> ...
/// Only the number of rows of each line is kept in memory.
/// </summary>
/// <param name="path">The file, <c>.npz</c> or <c>.safetensors</c>.</param>
/// <param name="width">D.</param>
/// <param name="form">What becomes of a line.</param>
internal sealed class ArraySink(string path, int width, EmbeddedForm form) : VectorSink
{
    private readonly ArraySpool spool = new(path);
    private readonly List<int> rowCounts = [];
    private long lineCount;

    public override int Collect(Func<int> run)
    {
        var code = run();
        spool.Complete(form == EmbeddedForm.Mean
            ? [new ArrayShape("vectors", [lineCount, width])]
            : [.. rowCounts.Select((rows, index) => new ArrayShape(FormattableString.Invariant($"{index}.embedded"), [rows, width]))]);
        return code;
    }

    public override void Write(EmbeddedBatch batch)
    {
        if (batch.Later is { } line) // a row for each token
        {
            rowCounts.Add(line.SendRows(rows => spool.Write(Casts.ViewBytes(rows))));
            return;
        }

        spool.Write(Casts.ViewBytes(batch.Values));
        lineCount += batch.RowCounts.Count;
        if (form == EmbeddedForm.Tokens)
            rowCounts.AddRange(batch.RowCounts);
    }

    public override void Dispose() => spool.Dispose();
}
