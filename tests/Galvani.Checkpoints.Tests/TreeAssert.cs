using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests;

/// <summary>Equality of object trees: types, order, values, bytes of tensors, and which storages are shared.</summary>
internal static class TreeAssert
{
    public static void Equal(Checkpoint expected, Checkpoint actual)
    {
        Equal(expected.Root, actual.Root, "", []);
        Assert.Equal(Sharing(expected), Sharing(actual));
    }

    private static void Equal(PickleValue expected, PickleValue actual, string path, HashSet<PickleValue> seen)
    {
        LazyAssert.True(expected.GetType() == actual.GetType(), $"{path}: {actual.GetType().Name}, expected {expected.GetType().Name}");
        switch (expected)
        {
            case PickleTensor { View: var view }:
                Equal(view, ((PickleTensor)actual).View, path);
                return;
            case PickleBytes bytes:
                Assert.Equal(bytes.Value.ToArray(), ((PickleBytes)actual).Value.ToArray());
                Assert.Equal(bytes.TypeName, ((PickleBytes)actual).TypeName);
                return;
            case PickleDictionary dictionary:
                Assert.Equal(dictionary.TypeName, ((PickleDictionary)actual).TypeName);
                Assert.Equal(dictionary.Attributes is null, ((PickleDictionary)actual).Attributes is null);
                if (dictionary.Attributes is not null)
                    Equal(dictionary.Attributes, ((PickleDictionary)actual).Attributes!, path + "@", seen);
                Assert.Equal(dictionary.DefaultFactory is null, ((PickleDictionary)actual).DefaultFactory is null);
                if (dictionary.DefaultFactory is not null)
                    Equal(dictionary.DefaultFactory, ((PickleDictionary)actual).DefaultFactory!, path + "@factory", seen);
                break;
            case PickleTuple tuple:
                Assert.Equal(tuple.TypeName, ((PickleTuple)actual).TypeName);
                break;
            case PickleObject made:
                Assert.Equal(made.Global, ((PickleObject)actual).Global);
                Assert.Equal(made.IsNew, ((PickleObject)actual).IsNew);
                break;
            case PickleSet or PickleList:
                break;
            default:
                Assert.True(ObjectTree.KeyText(expected) == ObjectTree.KeyText(actual), path);
                return;
        }

        if (!seen.Add(expected))
            return;
        var (left, right) = (ObjectTree.Children(expected).ToList(), ObjectTree.Children(actual).ToList());
        Assert.Equal(left.Select(child => child.Key), right.Select(child => child.Key));
        for (var i = 0; i < left.Count; i++)
            Equal(left[i].Value, right[i].Value, ObjectTree.Append(path, left[i].Key), seen);
    }

    private static void Equal(TensorView expected, TensorView actual, string path)
    {
        Assert.Equal(expected.DType, actual.DType);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.Strides, actual.Strides);
        Assert.Equal((expected.RequiresGrad, expected.IsParameter, expected.StorageOffset), (actual.RequiresGrad, actual.IsParameter, actual.StorageOffset));
        Assert.True(expected.Storage.ReadBytes(0, (int)expected.Storage.ByteCount).SequenceEqual(actual.Storage.ReadBytes(0, (int)actual.Storage.ByteCount)), path);
    }

    /// <summary>For each tensor the index of the first tensor with the same storage.</summary>
    private static List<int> Sharing(Checkpoint checkpoint)
    {
        var first = new Dictionary<StorageView, int>(ReferenceEqualityComparer.Instance);
        return [.. checkpoint.Tensors.Select((tensor, index) => first.TryGetValue(tensor.View.Storage, out var known) ? known : first[tensor.View.Storage] = index)];
    }
}
