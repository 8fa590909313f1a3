using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// A pickle that is a file by itself, as <c>pickle.dump</c> writes it. Tensors in it carry their storages as bytes, each of which is a container of torch's old form.
/// </summary>
internal static class PickleFile
{
    /// <summary>Whether a file is a pickle: it begins as one, and, in the protocols that have no beginning of their own, is one to its last byte.</summary>
    public static bool IsPickle(ReadOnlySpan<byte> head, ByteSource source)
    {
        if (head is [0x80, < 0x20, ..])
            return true;
        return head is [(byte)'(' or (byte)']' or (byte)'}' or (byte)')' or (byte)'c' or (byte)'I' or (byte)'L' or (byte)'F' or (byte)'S' or (byte)'V' or (byte)'N'
                or (byte)'K' or (byte)'M' or (byte)'J' or (byte)'X' or (byte)'U' or (byte)'T' or (byte)'G', ..]
            && source.Length <= Array.MaxLength && PickleExtent.Measure(source.Slice(0, (int)source.Length)) == source.Length;
    }

    /// <summary>
    /// Runs a file that is no pickle as far as it goes, for the findings alone: a loader that takes it for one runs what stands in front of the fault.
    /// </summary>
    public static void Probe(ByteSource source, PickleRunner runner)
    {
        if (source.Length == 0)
            return;
        try
        {
            runner.Run(PickleWindow.Take(source, 0, runner.Limits, name: null), entry: null, new NoStorages());
        }
        catch (CheckpointFormatException)
        {
            // the error that tells what the file is says more
        }
    }

    /// <summary>Reads the pickle.</summary>
    /// <exception cref="CheckpointFormatException">It is broken, over a limit, or followed by other bytes.</exception>
    public static ContainerContent Read(ByteSource source, PickleRunner runner)
    {
        var pickle = PickleWindow.Take(source, 0, runner.Limits, name: null);
        var (root, protocol) = runner.Run(pickle, entry: null, new NoStorages());
        if (pickle.Length != source.Length)
            throw new CheckpointFormatException($"The file goes on for {source.Length - pickle.Length} bytes after its pickle", source.Path, entry: null, pickle.Length);
        return new ContainerContent(ContainerKind.Pickle, root, [], runner.NestedStorages)
        {
            Pickle = new PicklePart(Name: null, protocol, () => pickle),
        };
    }
}
