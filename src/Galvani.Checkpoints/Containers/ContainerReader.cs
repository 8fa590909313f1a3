using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Sends a file to the reader of its form, which its content tells; its name plays no part.</summary>
internal static class ContainerReader
{
    /// <summary>Reads what describes the tensors.</summary>
    /// <param name="memory">The file; must stay open as long as the content is used.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="findings">Receives globals that are not interpreted, also where the file breaks off later.</param>
    /// <exception cref="CheckpointFormatException">The file is broken, hostile, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read.</exception>
    public static ContainerContent Read(MappedMemory memory, CheckpointLimits limits, List<PickleFinding> findings)
    {
        var head = FileKind.ReadHead(memory);
        var source = new ByteSource(memory);
        var runner = new PickleRunner(memory.Path, memory.Length, limits, findings);
        if (FileKind.IsZip(head))
            return ReadZip(memory, runner);
        if (LegacyContainer.HasMagic(head))
            return LegacyContainer.Read(source, runner);
        if (NumpyContainer.IsArray(head))
            return NumpyContainer.ReadArray(memory, limits);
        if (SafetensorsContainer.HasHeader(head, memory.Length))
            return SafetensorsContainer.Read(memory, limits);
        if (PickleFile.IsPickle(head, source))
            return PickleFile.Read(source, runner);
        PickleFile.Probe(source, runner);
        throw FileKind.Describe(head, memory);
    }

    private static ContainerContent ReadZip(MappedMemory memory, PickleRunner runner)
    {
        var entries = ZipDirectory.Read(memory, runner.Limits);
        return NumpyContainer.IsArchive(entries) ? NumpyContainer.ReadArchive(memory, entries, runner.Limits) : TorchArchive.Read(memory, entries, runner);
    }
}
