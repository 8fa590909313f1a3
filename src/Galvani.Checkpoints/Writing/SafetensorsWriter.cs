using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// Writes tensors as safetensors, streaming. The widest element types come first, in file order among equals, so that every tensor is aligned to its elements, as the
/// format's own writer does it. The format has no sharing: a storage that several tensors use is written for each.
/// </summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes a file's content.</summary>
    /// <exception cref="UnsupportedCheckpointException">The format has no name for an element type, or the file could not be read with the limits.</exception>
    /// <exception cref="ArgumentException">A name is reserved, or occurs twice.</exception>
    public static void Write(Stream output, IReadOnlyList<KeyValuePair<string, TensorView>> tensors, CheckpointLimits limits, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var ordered = tensors.OrderByDescending(tensor => tensor.Value.DType.ElementBytes()).ToList();
        var header = new SafetensorsHeaderWriter { NamesTorch = true };
        var cost = new ReadingCost();
        cost.Named(SafetensorsHeader.MetadataKey, rank: 0);
        foreach (var (name, view) in ordered)
        {
            header.Add(name, TypeName(name, view.DType), ShapeOf(name, view), view.LogicalBytes);
            cost.Named(name, view.Rank);
        }

        var dataBytes = tensors.Sum(tensor => tensor.Value.LogicalBytes);
        cost.Check(HeaderBytesAtMost(ordered) + dataBytes, limits); // before the header is put together, which takes as much again
        header.Write(output);
        cost.Check(output.Length + dataBytes, limits);
        var counter = new TransferCounter(dataBytes, progress, cancellationToken);
        foreach (var (_, view) in ordered)
            TensorBytes.Write(view, output, counter);
    }

    /// <summary>More than the header of some tensors has: a character of a name is escaped in six bytes at most, a number has twenty digits.</summary>
    private static long HeaderBytesAtMost(List<KeyValuePair<string, TensorView>> tensors) => 128 + tensors.Sum(tensor => 128L + (6L * tensor.Key.Length) + (21L * tensor.Value.Rank));

    /// <summary>The sizes as the format counts them: of pairs of numbers of 4 bits the numbers.</summary>
    private static IReadOnlyList<long> ShapeOf(string name, TensorView view)
    {
        if (view.DType != DType.Float4E2M1FnX2)
            return view.Shape;
        return view.Rank > 0
            ? [.. view.Shape.SkipLast(1), checked(2 * view.Shape[^1])]
            : throw new UnsupportedCheckpointException($"{name} is one pair of 4-bit numbers without a dimension, which safetensors files cannot say; write a .pt file.");
    }

    private static string TypeName(string name, DType type) => SafetensorsTypes.NameOf(type)
        ?? throw new UnsupportedCheckpointException($"{name} has the type {type.TorchName()}, which safetensors files do not hold; write a .pt file.");
}
