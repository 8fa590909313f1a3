using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>Writes tensors as numpy's <c>.npz</c>: a zip archive of stored <c>.npy</c> entries, streaming. numpy has neither bfloat16 nor 8-bit floats: such tensors are widened to float32, exactly.</summary>
internal static class NpzWriter
{
    /// <summary>Writes a file's content; what had to be changed is added to the notes.</summary>
    /// <exception cref="UnsupportedCheckpointException">numpy has no such element type.</exception>
    public static void Write(
        Stream output, IReadOnlyList<KeyValuePair<string, TensorView>> tensors, List<string> notes, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var widening = new FloatCast(DType.Float32);
        var arrays = tensors.Select(tensor => (tensor.Key, View: IsWidened(tensor.Value.DType) ? widening.Cast(tensor.Key, tensor.Value) : tensor.Value)).ToList();
        foreach (var group in tensors.GroupBy(tensor => tensor.Value.DType).Where(group => IsWidened(group.Key)))
            notes.Add(FormattableString.Invariant($"numpy has no {group.Key.TorchName()}: {group.Count()} tensor{(group.Count() == 1 ? " is" : "s are")} widened to float32, exactly"));
        var counter = new TransferCounter(arrays.Sum(array => array.View.LogicalBytes), progress, cancellationToken);
        var zip = new ZipWriter(output);
        foreach (var (name, view) in arrays)
        {
            using var header = new MemoryStream();
            NpyFile.WriteHeader(header, TypeCode(name, view.DType), view.Shape);
            zip.Add(name + ".npy", header.Length + view.LogicalBytes, entry =>
            {
                header.WriteTo(entry);
                TensorBytes.Write(view, entry, counter);
            });
        }

        zip.Finish();
    }

    private static bool IsWidened(DType type) => type == DType.BFloat16 || type.IsFloat8();

    private static string TypeCode(string name, DType type) => type switch
    {
        DType.Float64 => "f8",
        DType.Float32 => "f4",
        DType.Float16 => "f2",
        DType.Int64 => "i8",
        DType.Int32 => "i4",
        DType.Int16 => "i2",
        DType.Int8 => "i1",
        DType.UInt8 => "u1",
        DType.Bool => "b1",
        DType.UInt16 => "u2",
        DType.UInt32 => "u4",
        DType.UInt64 => "u8",
        DType.Complex64 => "c8",
        DType.Complex128 => "c16",
        _ => throw new UnsupportedCheckpointException($"{name} has the type {type.TorchName()}, which numpy does not have; write a .pt file."),
    };
}
