using Galvani.Kernels;
using Galvani.Models.Layers;

namespace Galvani.Models;

/// <summary>
/// What self-attention remembers, layer by layer: a row of key and value (or of the running average) for each token that went through the decoder. Rows are added and never moved; which rows
/// belong to a hypothesis its plan says. Owned by one session.
/// </summary>
internal sealed class DecoderCache(int layerCount, int rowWidth)
{
    private const int SmallestRowCount = 64;
    private readonly float[][] layers = [.. Enumerable.Range(0, layerCount).Select(_ => Array.Empty<float>())];
    private int capacity;

    /// <summary>The rows there are.</summary>
    public int RowCount { get; private set; }

    /// <summary>Forgets all rows, keeps the memory.</summary>
    public void Clear() => RowCount = 0;

    /// <summary>Adds rows to every layer, to be written.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The first of them.</returns>
    public int Add(int count)
    {
        var first = RowCount;
        RowCount = checked(RowCount + count);
        if (RowCount > capacity)
        {
            capacity = Math.Max(RowCount, Math.Max(SmallestRowCount, (int)Math.Min(2L * capacity, int.MaxValue / Math.Max(1, rowWidth))));
            for (var layer = 0; layer < layers.Length; layer++)
                Array.Resize(ref layers[layer], checked(capacity * rowWidth));
        }

        return first;
    }

    /// <summary>All rows of a layer, [rows, width].</summary>
    public Span<float> Rows(int layer) => layers[layer].AsSpan(0, RowCount * rowWidth);

    /// <summary>One row of a layer, [width].</summary>
    public Span<float> Row(int layer, int row) => layers[layer].AsSpan(row * rowWidth, rowWidth);

    /// <summary>A layer's keys and values, side by side in a row.</summary>
    public KeyValueTable Table(int layer, AttentionShape shape) => new(Rows(layer), rowWidth, keyColumn: 0, shape);
}
