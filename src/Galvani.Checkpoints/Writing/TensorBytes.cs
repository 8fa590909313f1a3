using System.Buffers;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>Streams the bytes of storages and tensors in parts: straight from the map, or through one small buffer where they are computed or gathered.</summary>
internal static class TensorBytes
{
    private const int MappedPartBytes = 4 << 20;
    private const int MadePartBytes = 1 << 18; // stays in the second-level cache between making and writing

    /// <summary>Writes a storage as it is.</summary>
    public static void Write(StorageView storage, Stream output, TransferCounter counter)
    {
        if (storage.IsComputed)
        {
            WriteMade(storage.ByteCount, output, counter, storage.CopyBytes);
            return;
        }

        for (long done = 0; done < storage.ByteCount; done += MappedPartBytes)
        {
            counter.Check();
            var part = storage.ReadBytes(done, (int)Math.Min(MappedPartBytes, storage.ByteCount - done));
            output.Write(part);
            counter.Add(part.Length);
        }
    }

    /// <summary>Writes a tensor's elements in row-major order.</summary>
    public static void Write(TensorView view, Stream output, TransferCounter counter)
    {
        var elementBytes = view.DType.ElementBytes();
        if (!view.IsContiguous || view.Storage.IsComputed)
        {
            WriteMade(view.LogicalBytes, output, counter, (offset, destination) => view.CopyElements(destination, offset / elementBytes));
            return;
        }

        var partElements = MappedPartBytes / elementBytes;
        for (long done = 0; done < view.ElementCount; done += partElements)
        {
            counter.Check();
            var part = view.ContiguousBytes(done, (int)Math.Min(partElements, view.ElementCount - done));
            output.Write(part);
            counter.Add(part.Length);
        }
    }

    private delegate void Make(long byteOffset, Span<byte> destination);

    private static void WriteMade(long byteCount, Stream output, TransferCounter counter, Make make)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MadePartBytes);
        try
        {
            for (long done = 0; done < byteCount; done += MadePartBytes)
            {
                counter.Check();
                var part = buffer.AsSpan(0, (int)Math.Min(MadePartBytes, byteCount - done));
                make(done, part);
                output.Write(part);
                counter.Add(part.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
