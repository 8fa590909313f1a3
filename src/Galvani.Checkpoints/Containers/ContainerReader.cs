using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Sends a file to the reader of its form, which its content tells; its name plays no part.</summary>
internal static class ContainerReader
{
    /// <summary>Reads what describes the tensors.</summary>
    /// <param name="memory">The file; must stay open as long as the content is used.</param>
    /// <param name="runner">Has the bounds and the account of memory; receives globals that are not interpreted, also where the file breaks off later.</param>
    /// <exception cref="CheckpointFormatException">The file is broken, hostile, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read.</exception>
    public static ContainerContent Read(MappedMemory memory, PickleRunner runner)
    {
        var head = FileKind.ReadHead(memory);
        var source = new ByteSource(memory);
        if (FileKind.IsZip(head))
            return ReadZip(memory, runner);
        if (TarDirectory.IsTar(head))
            return TarContainer.Read(source, runner);
        if (LegacyContainer.HasMagic(head))
            return LegacyContainer.Read(source, runner);
        if (NumpyContainer.IsArray(head))
            return NumpyContainer.ReadArray(memory, runner.Limits);
        if (SafetensorsContainer.HasHeader(head, memory.Length))
            return SafetensorsContainer.Read(memory, runner);
        if (PickleFile.IsPickle(head, source))
            return PickleFile.Read(source, runner);
        PickleFile.Probe(source, runner);
        throw FileKind.Describe(head, memory);
    }

    private static ContainerContent ReadZip(MappedMemory memory, PickleRunner runner)
    {
        var entries = ZipDirectory.Read(memory, runner.Limits);
        return NumpyContainer.IsArchive(entries.InOrder) ? NumpyContainer.ReadArchive(memory, entries.InOrder, runner) : TorchArchive.Read(memory, entries, runner);
    }
}
