using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests.Tensors;

/// <summary>Views of any shape and strides inside a storage.</summary>
internal static class RandomViews
{
    private const long MostElements = 200_000;

    /// <summary>A view of at least one element.</summary>
    public static TensorView Of(StorageView storage, Random random)
    {
        var rank = random.Next(1, random.Next(2, 9));
        var (shape, strides) = (new long[rank], new long[rank]);
        var (count, reach, joined) = (1L, 0L, 1L);
        for (var axis = rank - 1; axis >= 0; axis--)
        {
            var most = Math.Min(random.Next(4) switch { 0 => 1, 1 => 3, 2 => 20, _ => 2000 }, MostElements / count);
            shape[axis] = 1 + random.NextInt64(most);
            strides[axis] = random.Next(4) switch { 0 => joined, 1 => 0, 2 => random.Next(4), _ => random.Next(3000) };
            if ((shape[axis] - 1) * strides[axis] >= storage.ElementCount - reach)
                strides[axis] = (storage.ElementCount - reach - 1) / shape[axis];
            reach += (shape[axis] - 1) * strides[axis];
            joined = shape[axis] * strides[axis];
            count *= shape[axis];
        }

        return new TensorView(storage, random.NextInt64(storage.ElementCount - reach), shape, strides);
    }
}
