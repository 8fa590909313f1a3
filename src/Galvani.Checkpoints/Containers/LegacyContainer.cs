// What torch.save wrote from 0.1.10 up to 1.5 (torch/serialization.py, _legacy_save): five pickles one behind the other - the magic number, the protocol
// version, a dictionary about the system, the object tree, the keys of the storages - and then for each key the number of its elements
// (int64) and their bytes, all little endian whatever the system was.
using System.Globalization;
using System.Numerics;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads torch's old container. The storages stay where they are.</summary>
internal sealed class LegacyContainer
{
    private const int ProtocolVersion = 1001;
    private const string PickleName = "data.pkl";
    private const string ProtocolName = "version";

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);

    private readonly ByteSource source;
    private readonly PickleRunner runner;
    private readonly List<ArchiveEntry> entries = [];
    private long position;

    private LegacyContainer(ByteSource source, PickleRunner runner) => (this.source, this.runner) = (source, runner);

    /// <summary>Whether bytes begin with the pickled magic number, in any protocol.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> long1 = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];
        return head is [0x80, ..] && head[..Math.Min(head.Length, 32)].IndexOf(long1) >= 0 || head.StartsWith("L119547037146038801333356L\n."u8);
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <exception cref="CheckpointFormatException">The container is broken, hostile, or followed by other bytes.</exception>
    /// <exception cref="UnsupportedCheckpointException">It has another protocol version.</exception>
    public static ContainerContent Read(ByteSource source, PickleRunner runner) => new LegacyContainer(source, runner).Read();

    private ContainerContent Read()
    {
        var none = new NoStorages();
        if (RunPart("magic", none).Root is not PickleInteger magic || magic.Value != Magic)
            throw Error("The first pickle is not torch's magic number", "magic");
        if (RunPart(ProtocolName, none).Root is not PickleInteger version)
            throw Error("The protocol version is no integer", ProtocolName);
        if (version.Value != ProtocolVersion)
            throw new UnsupportedCheckpointException($"The old container has protocol version {version}, supported: {ProtocolVersion} ({source.Path}).");
        if (RunPart("system", none).Root is not PickleDictionary)
            throw Error("The pickle about the system is no dictionary", "system");
        var storages = new LegacyStorages(source);
        var (start, (root, protocol)) = (position, RunPart(PickleName, storages));
        var length = (int)(position - start);
        if (RunPart("keys", none).Root is not PickleList keys)
            throw Error("The keys of the storages are no list", "keys");
        entries.AddRange(storages.Place(keys.Items, position));
        return new ContainerContent(ContainerKind.TorchLegacy, root, entries, storages.All)
        {
            FormatVersion = version.ToString(),
            Pickle = new PicklePart(PickleName, protocol, () => source.Slice(start, length).ToArray()),
        };
    }

    /// <summary>Runs the pickle at the present position and steps behind it.</summary>
    private (PickleValue Root, int Protocol) RunPart(string name, IStorageSource storages)
    {
        var pickle = PickleWindow.Take(source, position, runner.Limits, name);
        entries.Add(new ArchiveEntry(name, position, pickle.Length, pickle.Length, IsDeflated: false, Crc32: 0, HeaderOffset: position));
        position += pickle.Length;
        return runner.Run(pickle, source.EntryPrefix + name, storages);
    }

    private CheckpointFormatException Error(string problem, string part) => new(problem, source.Path, source.EntryPrefix + part);
}
