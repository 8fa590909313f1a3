using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Fuzz;

/// <summary>Reads the tensors of a file that opened in every way there is, and asks for all that is told about them.</summary>
internal static class TensorReading
{
    private const long MostLogicalBytes = 1 << 20;
    private const int MostElements = 4096;
    private const int MostNodes = 1000;

    public static void All(Checkpoint checkpoint)
    {
        var small = checkpoint.Tensors.Where(tensor => tensor.View.LogicalBytes <= MostLogicalBytes).ToList();
        foreach (var tensor in small)
        {
            Try(() => Numbers(tensor.View));
            Try(() => Elements(tensor.View));
            if (checkpoint.Find(tensor.ObjectPath) is not PickleTensor)
                throw new InvalidOperationException($"There is no tensor at {tensor.ObjectPath}, under which one is listed.");
        }

        foreach (var storage in checkpoint.Storages)
            _ = (storage.Key, storage.Location, storage.EntryName, storage.ByteCount);
        _ = (checkpoint.Container, checkpoint.FormatVersion, checkpoint.Entries.Count, checkpoint.Packing?.Writer, checkpoint.Packing?.Format, checkpoint.Packing?.Bytes);
        foreach (var tensor in small)
            _ = checkpoint.Packing?.Find([tensor.View]);
        Nodes(checkpoint.Root);
        WithoutTree(checkpoint.FilePath, [.. small.Select(tensor => tensor.View)]);
    }

    private static void Numbers(TensorView view)
    {
        view.ToSingles();
        view.CopyTo(new double[view.ElementCount]);
        view.TryGetContiguousSingles(out _);
        if (view.Rank > 0 && view.ElementCount > 0)
            view.ReadRow(view.Shape[0] - 1, new float[view.ElementCount / view.Shape[0]]);
        if (view.ElementCount <= MostElements)
            TensorStatistics.Compute(view);
    }

    private static void Elements(TensorView view)
    {
        view.CopyElements(new byte[view.LogicalBytes]);
        if (view.ElementCount > 0)
            view.Element(view.ElementCount - 1);
        var elements = new TensorElement[Math.Min(MostElements, view.ElementCount)];
        view.ReadElements(elements);
        _ = elements.FirstOrDefault().ToString();
        if (elements.Length > 0 && view.ReadElement(0).ToString() != elements[0].ToString())
            throw new InvalidOperationException("The first element by itself is another than among the others.");
    }

    /// <summary>The same tensors without their tree have the same elements.</summary>
    private static void WithoutTree(string path, List<TensorView> views)
    {
        var again = Checkpoint.Open(path);
        var theirs = again.Tensors.Where(tensor => tensor.View.LogicalBytes <= MostLogicalBytes).Select(tensor => tensor.View);
        using var tensors = MappedTensors.TakeOver([again], theirs);
        for (var i = 0; i < views.Count; i++)
        {
            var (expected, actual) = (new byte[views[i].LogicalBytes], new byte[views[i].LogicalBytes]);
            var (view, kept) = (views[i], tensors[i]);
            if (Try(() => view.CopyElements(expected)) != Try(() => kept.CopyElements(actual)) || !expected.AsSpan().SequenceEqual(actual))
                throw new InvalidOperationException($"Tensor {i} has other elements without its tree.");
        }
    }

    private static void Nodes(PickleValue root)
    {
        var open = new Queue<PickleValue>([root]);
        for (var count = 0; count < MostNodes && open.TryDequeue(out var node); count++)
        {
            foreach (var (name, child) in ObjectTree.Children(node).Take(MostNodes))
            {
                _ = ObjectTree.Append("", name);
                open.Enqueue(child);
            }
        }
    }

    /// <summary>A deflated storage whose bytes are broken shows it only here, and so does a type without real numbers.</summary>
    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            return false;
        }
    }
}
