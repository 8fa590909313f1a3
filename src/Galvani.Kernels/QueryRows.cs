namespace Galvani.Kernels;

/// <summary>Query rows that lie in a table of rows, and where what each attends to goes.</summary>
public readonly ref struct QueryRows
{
    /// <param name="queries">The table; the queries [H, K] stand in the first columns of its rows, scaled already.</param>
    /// <param name="stride">The elements of a row of the table.</param>
    /// <param name="context">[R, H, K], to be overwritten.</param>
    public QueryRows(ReadOnlySpan<float> queries, int stride, Span<float> context)
    {
        Queries = queries;
        Stride = stride;
        Context = context;
    }

    /// <summary>The table.</summary>
    public ReadOnlySpan<float> Queries { get; }

    /// <summary>The elements of a row of the table.</summary>
    public int Stride { get; }

    /// <summary>[R, H, K].</summary>
    public Span<float> Context { get; }
}
