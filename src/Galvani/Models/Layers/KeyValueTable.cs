using Galvani.Kernels;

namespace Galvani.Models.Layers;

/// <summary>Where the keys and values that rows attend to lie: columns of one table.</summary>
internal readonly ref struct KeyValueTable
{
    /// <param name="values">The table, row-major.</param>
    /// <param name="stride">The elements of a row.</param>
    /// <param name="keyColumn">Where in a row the key begins; the value follows it.</param>
    /// <param name="shape">G and K.</param>
    public KeyValueTable(ReadOnlySpan<float> values, int stride, int keyColumn, AttentionShape shape)
    {
        Keys = new RowTable(values, stride, keyColumn);
        Values = new RowTable(values, stride, keyColumn + shape.KeyValueWidth);
    }

    /// <summary>The keys.</summary>
    public RowTable Keys { get; }

    /// <summary>The values.</summary>
    public RowTable Values { get; }
}
