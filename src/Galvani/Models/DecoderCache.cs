using System.Collections;
using Galvani.Kernels;
using Galvani.Models.Layers;

namespace Galvani.Models;

/// <summary>
/// What self-attention remembers, layer by layer: a row of key and value (or of the running average) for each token that went through the decoder. Rows are never moved; which rows belong to a hypothesis
/// its plan says, and rows that belong to none any more are used again. Its memory is the workspace's, which keeps it from batch to batch. Owned by one session.
/// </summary>
internal sealed class DecoderCache(int layerCount, int rowWidth, Workspace workspace) : IDisposable
{
    private const int SmallestRowCount = 64;
    private GrowingMemory<float>[] layers = [.. Enumerable.Range(0, layerCount).Select(_ => workspace.RentMemory())];
    private readonly Stack<int> free = [];
    private BitArray isLive = new(0);
    private int capacity;

    /// <summary>The rows that were ever used; none beyond them is.</summary>
    public int RowCount { get; private set; }

    /// <summary>Forgets all rows, keeps the memory.</summary>
    public void Clear()
    {
        RowCount = 0;
        free.Clear();
    }

    /// <summary>Adds rows to every layer, to be written.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The first of them; the others follow.</returns>
    public int Add(int count)
    {
        var first = RowCount;
        RowCount = checked(RowCount + count);
        if (RowCount > capacity)
        {
            // What is reserved and not touched costs nothing.
            capacity = Math.Max(RowCount, Math.Max(SmallestRowCount, (int)Math.Min(2L * capacity, int.MaxValue / Math.Max(1, rowWidth))));
            foreach (var layer in layers)
                layer.Grow(checked(capacity * rowWidth));
        }

        return first;
    }

    /// <summary>Makes sure that <see cref="Take"/> gives a number of rows: used again where nothing but other hypotheses needed them, else new ones.</summary>
    /// <param name="count">How many.</param>
    /// <param name="last">The plan of the last step.</param>
    /// <param name="parents">The rows of the last plan that are continued: what they do not see is free.</param>
    public void Reserve(int count, RowPlan last, ReadOnlySpan<int> parents)
    {
        if (free.Count >= count)
            return;
        Collect(last, parents);
        if (free.Count >= count)
            return;
        var added = count - free.Count;
        var first = Add(added);
        for (var row = first + added - 1; row >= first; row--)
            free.Push(row);
    }

    /// <summary>A row that was reserved, to be written.</summary>
    public int Take() => free.Pop();

    /// <summary>One row of a layer, [width].</summary>
    public Span<float> Row(int layer, int row) => layers[layer].Span.Slice(row * rowWidth, rowWidth);

    /// <summary>All rows of a layer, [rows, width].</summary>
    public ReadOnlySpan<float> Layer(int layer) => layers[layer].Span[..(RowCount * rowWidth)];

    /// <summary>A layer's keys and values, side by side in a row.</summary>
    public KeyValueTable Table(int layer, AttentionShape shape) => new(Layer(layer), rowWidth, keyColumn: 0, shape);

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(layers, workspace.ReturnMemory);
        layers = []; // so that it goes back once
    }

    private void Collect(RowPlan last, ReadOnlySpan<int> parents)
    {
        if (isLive.Length < RowCount)
            isLive = new BitArray(capacity);
        isLive.SetAll(false);
        foreach (var parent in parents)
        {
            foreach (var row in last.Sequence(parent))
                isLive[row] = true;
        }

        free.Clear();
        for (var row = RowCount - 1; row >= 0; row--)
        {
            if (!isLive[row])
                free.Push(row);
        }
    }
}
