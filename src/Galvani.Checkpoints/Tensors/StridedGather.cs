using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>
/// Copies row-major ranges of views of any strides. Axes of size 1 are left out, and an axis that goes on where the one behind it ends is joined to that, so that the last axis is as long as it can be: it
/// is copied in runs. Where it is short, a table has the places of the last axes together, so that an element costs the same however a file cuts its axes.
/// </summary>
internal readonly ref struct StridedGather
{
    private const int ShortRun = 16;
    private const int FewElements = 64;
    private const int TablePlaces = 1024;

    private readonly StorageView storage;
    private readonly int elementBytes;
    private readonly ReadOnlySpan<long> sizes; // joined axes, one at least
    private readonly ReadOnlySpan<long> strides;

    private StridedGather(StorageView storage, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides)
    {
        (this.storage, elementBytes) = (storage, storage.DType.ElementBytes());
        this.sizes = sizes;
        this.strides = strides;
    }

    /// <summary>Copies a range, which was checked.</summary>
    /// <param name="view">A tensor of one element at least.</param>
    /// <param name="firstElement">The row-major index of the first element.</param>
    /// <param name="destination">A whole number of elements.</param>
    public static void Copy(TensorView view, long firstElement, Span<byte> destination)
    {
        Span<long> sizes = stackalloc long[Math.Max(1, view.Rank)];
        Span<long> strides = stackalloc long[sizes.Length];
        var axisCount = Join(view, sizes, strides);
        var gather = new StridedGather(view.Storage, sizes[..axisCount], strides[..axisCount]);
        var elementCount = destination.Length / gather.elementBytes;
        Span<int> places = stackalloc int[gather.IsWorthATable(elementCount) ? TablePlaces : 0];
        var table = gather.MakeTable(places, elementCount);
        gather.Walk(view.StorageOffset, firstElement, table, destination);
    }

    private static int Join(TensorView view, Span<long> sizes, Span<long> strides)
    {
        (sizes[0], strides[0]) = (1, 1);
        var count = 0;
        for (var axis = 0; axis < view.Rank; axis++)
        {
            var (size, stride) = (view.Shape[axis], view.Strides[axis]);
            if (size == 1)
                continue;
            if (count > 0 && strides[count - 1] == size * stride)
                (sizes[count - 1], strides[count - 1]) = (sizes[count - 1] * size, stride);
            else
                (sizes[count], strides[count++]) = (size, stride);
        }

        return Math.Max(1, count);
    }

    private bool IsWorthATable(int elementCount) => sizes.Length > 1 && sizes[^1] < ShortRun && elementCount >= FewElements;

    /// <summary>The places of the last axes together; none where there is no room for them, or where they are too far apart for a table.</summary>
    private Table MakeTable(Span<int> places, int elementCount)
    {
        var axis = sizes.Length - 1;
        if (places.IsEmpty)
            return new Table(axis, [], width: 1);
        var width = 1L; // of a row of the axis: the elements of those behind it
        var reach = 0L; // from the first of them to the last
        do
        {
            width *= sizes[axis];
            reach += (sizes[axis] - 1) * strides[axis];
            axis--;
        }
        while (axis > 0 && width * sizes[axis] <= TablePlaces / 2);
        var mostReach = int.MaxValue / elementBytes - 1; // what one span of the storage can hold
        if (reach > mostReach)
            return new Table(sizes.Length - 1, [], width: 1);
        var rows = Math.Min(Math.Min(sizes[axis], TablePlaces / width), elementCount / width + 1);
        if (strides[axis] > 0)
            rows = Math.Min(rows, 1 + (mostReach - reach) / strides[axis]);
        Fill(places, axis, (int)rows);
        return new Table(axis, places[..(int)(rows * width)], (int)width);
    }

    private void Fill(Span<int> places, int firstAxis, int rows)
    {
        places[0] = 0;
        var filled = 1;
        for (var axis = sizes.Length - 1; axis >= firstAxis; axis--)
        {
            var size = axis == firstAxis ? rows : (int)sizes[axis];
            for (var at = filled; at < filled * size; at++)
                places[at] = places[at - filled] + (int)strides[axis];
            filled *= size;
        }
    }

    /// <summary>Goes through the axes in front of the table's, or of the last one, and copies what is behind them.</summary>
    private void Walk(long position, long firstElement, Table table, Span<byte> destination)
    {
        Span<long> index = stackalloc long[sizes.Length];
        var innerCount = sizes[table.Axis] * table.Width;
        var (remaining, inner) = Math.DivRem(firstElement, innerCount);
        for (var axis = table.Axis - 1; axis >= 0; axis--)
        {
            (remaining, index[axis]) = Math.DivRem(remaining, sizes[axis]);
            position += index[axis] * strides[axis];
        }

        while (!destination.IsEmpty)
        {
            var part = destination[..((int)Math.Min(innerCount - inner, destination.Length / elementBytes) * elementBytes)];
            if (table.Places.IsEmpty)
                CopyRun(position + inner * strides[^1], part);
            else
                CopyPlaces(position, inner, table, part);
            destination = destination[part.Length..];
            inner = 0;
            for (var axis = table.Axis - 1; axis >= 0; axis--)
            {
                position += strides[axis];
                if (++index[axis] < sizes[axis])
                    break;
                position -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }

    /// <summary>Copies elements of the table's axes, as many of its rows at a time as it has.</summary>
    private void CopyPlaces(long position, long inner, Table table, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var (row, skipped) = Math.DivRem(inner, table.Width);
            var places = table.Places[(int)skipped..];
            places = places[..Math.Min(places.Length, destination.Length / elementBytes)];
            var lastRow = table.Places[..((int)((skipped + places.Length - 1) / table.Width + 1) * table.Width)];
            var source = storage.ReadBytes((position + row * strides[table.Axis]) * elementBytes, (lastRow[^1] + 1) * elementBytes);
            StridedCopy.Gather(source, elementBytes, places, destination[..(places.Length * elementBytes)]);
            destination = destination[(places.Length * elementBytes)..];
            inner += places.Length;
        }
    }

    /// <summary>Copies neighbours along the last axis, in pieces that one span of the storage can hold.</summary>
    private void CopyRun(long position, Span<byte> destination)
    {
        var stride = strides[^1];
        var most = stride <= 1 ? int.MaxValue : (int)Math.Max(1, (int.MaxValue / elementBytes - 1) / stride);
        while (!destination.IsEmpty)
        {
            var count = Math.Min(most, destination.Length / elementBytes);
            var spanned = count == 1 ? 1 : (count - 1) * stride + 1;
            var source = storage.ReadBytes(position * elementBytes, (int)(spanned * elementBytes));
            var part = destination[..(count * elementBytes)];
            if (stride == 1 || count == 1)
                source.CopyTo(part);
            else
                StridedCopy.Gather(source, elementBytes, (int)stride, part);
            destination = destination[part.Length..];
            position += count * stride;
        }
    }

    /// <summary>Where the elements of rows of an axis lie, from the first of them; each row has all axes behind it.</summary>
    private readonly ref struct Table(int axis, ReadOnlySpan<int> places, int width)
    {
        public int Axis { get; } = axis;

        public ReadOnlySpan<int> Places { get; } = places;

        /// <summary>The elements of a row.</summary>
        public int Width { get; } = width;
    }
}
