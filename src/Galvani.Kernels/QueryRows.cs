namespace Galvani.Kernels;

/// <summary>Query rows that lie in a table of rows, and where what each attends to goes.</summary>
public readonly ref struct QueryRows
{
    /// <param name="queries">The table; the queries [H, K] stand in the first columns of its rows.</param>
    /// <param name="stride">The elements of a row of the table.</param>
    /// <param name="context">[R, H, K], to be overwritten.</param>
    public QueryRows(Span<float> queries, int stride, Span<float> context)
    {
        Queries = queries;
        Stride = stride;
        Context = context;
    }

    /// <summary>The table.</summary>
    public Span<float> Queries { get; }

    /// <summary>The elements of a row of the table.</summary>
    public int Stride { get; }

    /// <summary>[R, H, K].</summary>
    public Span<float> Context { get; }

    /// <summary>What queries are divided by, in place, before their products with keys are made. Default 1.</summary>
    public float Divisor { get; init; } = 1;
}
