using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.Layers;

/// <summary>
/// A table of vectors, one row an id. A float32 table is read in the mapped file itself; others are widened once, when the first row is asked for. May be read
/// by many threads.
/// </summary>
internal sealed class EmbeddingTable
{
    private readonly TensorView view;
    private readonly Lazy<float[]> widened;

    /// <param name="view">[rows, D], or [rows, 1, D] as positional tables are stored.</param>
    public EmbeddingTable(TensorView view)
    {
        this.view = view;
        RowCount = checked((int)view.Shape[0]);
        Width = RowCount == 0 ? 0 : checked((int)(view.ElementCount / RowCount));
        widened = new Lazy<float[]>(view.ToSingles);
    }

    /// <summary>The number of rows.</summary>
    public int RowCount { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>All rows, [rows, D], row-major.</summary>
    public ReadOnlySpan<float> Rows => view.TryGetContiguousSingles(out var numbers) ? numbers : widened.Value;

    /// <summary>Reads one row by an ordinary read: scattered rows would each make a whole range of pages of the map resident.</summary>
    /// <param name="id">The row.</param>
    /// <param name="destination">[D], overwritten.</param>
    public void ReadRow(int id, Span<float> destination) => view.CopyTo(destination, (long)id * Width);

    /// <summary>One row, [D].</summary>
    public ReadOnlySpan<float> Row(int id) => Rows.Slice(id * Width, Width);
}
