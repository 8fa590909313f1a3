using System.Buffers.Binary;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>Makes nodes of an object tree, to be written with <see cref="CheckpointWriter"/>.</summary>
public static class CheckpointTree
{
    /// <summary>A dictionary with text keys, in order.</summary>
    /// <param name="entries">Keys and values.</param>
    public static PickleDictionary Dictionary(IEnumerable<KeyValuePair<string, PickleValue>> entries) => Fill(new PickleDictionary(), entries);

    /// <summary>A <c>collections.OrderedDict</c> with text keys, in order.</summary>
    /// <param name="entries">Keys and values.</param>
    public static PickleDictionary OrderedDictionary(IEnumerable<KeyValuePair<string, PickleValue>> entries) => Fill(new PickleDictionary(PickleGlobals.OrderedDict), entries);

    /// <summary>An <c>argparse.Namespace</c>: its attributes, in order.</summary>
    /// <param name="attributes">Names and values.</param>
    public static PickleDictionary Namespace(IEnumerable<KeyValuePair<string, PickleValue>> attributes) => Fill(new PickleDictionary(PickleGlobals.Namespace), attributes);

    /// <summary>A list.</summary>
    /// <param name="items">The items.</param>
    public static PickleList List(IEnumerable<PickleValue> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var list = new PickleList();
        foreach (var item in items)
            list.Append(item);
        return list;
    }

    /// <summary>Text.</summary>
    /// <param name="text">The text.</param>
    public static PickleString Text(string text) => new(text);

    /// <summary>A whole number.</summary>
    /// <param name="number">The number.</param>
    public static PickleInteger Integer(long number) => new(number);

    /// <summary>A float32 tensor of its own storage.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">The sizes; their product is the number of values.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public static PickleTensor Tensor(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        var storage = new StorageView("", DType.Float32, values.Length, "cpu", entryName: null, () => bytes);
        var view = TensorView.RowMajor(storage, shape.ToArray());
        return view.ElementCount == values.Length ? new PickleTensor(view) : throw new ArgumentException($"{values.Length} values do not fill the shape.", nameof(shape));
    }

    /// <summary>The first rows of a tensor, of the same type, as a storage of their own.</summary>
    /// <param name="source">A contiguous tensor of rank 1 at least; its checkpoint must stay open until the tree is written.</param>
    /// <param name="rowCount">1 to the number of rows.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous, or a scalar.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many rows.</exception>
    public static PickleTensor FirstRows(TensorView source, long rowCount)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Rank == 0 || !source.IsContiguous)
            throw new ArgumentException("Rows are cut from contiguous tensors of rank 1 at least.", nameof(source));
        ArgumentOutOfRangeException.ThrowIfLessThan(rowCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, source.Shape[0]);
        long[] shape = [rowCount, .. source.Shape.Skip(1)];
        var storage = source.Storage.Part(source.StorageOffset, source.ElementCount / source.Shape[0] * rowCount);
        return new PickleTensor(TensorView.RowMajor(storage, shape, source.RequiresGrad, source.IsParameter));
    }

    /// <summary>A tensor whose elements are made while it is written, in a storage of its own.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="content">Makes the elements; called for one part after the other, each once in a write.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="OverflowException">The product of the sizes is beyond 64 bits.</exception>
    public static PickleTensor Computed(DType type, IReadOnlyList<long> shape, ElementContent content)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(content);
        var elementCount = 1L;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            elementCount = checked(elementCount * size);
        }

        return new PickleTensor(TensorView.RowMajor(StorageView.Computed(type, elementCount, content), shape));
    }

    /// <summary>A mapping of the same type and attributes as another, with other entries.</summary>
    /// <param name="original">Gives type and attributes.</param>
    /// <param name="entries">Keys and values, in order.</param>
    public static PickleDictionary Replace(PickleDictionary original, IEnumerable<KeyValuePair<string, PickleValue>> entries)
    {
        ArgumentNullException.ThrowIfNull(original);
        return Fill(new PickleDictionary(original.TypeName) { Attributes = original.Attributes, DefaultFactory = original.DefaultFactory }, entries);
    }

    private static PickleDictionary Fill(PickleDictionary dictionary, IEnumerable<KeyValuePair<string, PickleValue>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.TryGetNonEnumeratedCount(out var count))
            dictionary.Reserve(count);
        foreach (var (key, value) in entries)
            dictionary.Set(new PickleString(key), value);
        return dictionary;
    }
}
