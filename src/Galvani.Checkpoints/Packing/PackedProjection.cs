using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>A projection of a <c>.galvani</c> file: tensors that were stacked and packed. Its weights stay in the mapped file. May be used by many threads while its checkpoint is open.</summary>
public sealed class PackedProjection
{
    private readonly MappedMemory memory;
    private readonly ArchiveEntry entry;
    private readonly Lazy<ProductWeight> weight;

    internal PackedProjection(MappedMemory memory, ArchiveEntry entry, int outputWidth, int inputWidth, ProductFormat format, IReadOnlyList<PackedPart> parts)
    {
        (this.memory, this.entry, OutputWidth, InputWidth, Format, Parts) = (memory, entry, outputWidth, inputWidth, format, parts);
        weight = new Lazy<ProductWeight>(Map);
    }

    /// <summary>N, the rows of all stacked tensors.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>How the weights are held.</summary>
    public ProductFormat Format { get; }

    /// <summary>The stacked tensors, in order.</summary>
    public IReadOnlyList<TensorView> Tensors { get; private set; } = [];

    /// <summary>The bytes in the file.</summary>
    public long Bytes => entry.Bytes;

    /// <summary>The weights in the file itself, checked when they are first asked for.</summary>
    /// <exception cref="CheckpointFormatException">A scale is none that packing makes.</exception>
    public ProductWeight Weight => weight.Value;

    /// <summary>The archive entry.</summary>
    public string EntryName => entry.Name;

    /// <summary>Where the stacked tensors stand in the object tree, in order.</summary>
    public IEnumerable<string> ObjectPaths => Parts.Select(part => part.ObjectPath);

    /// <summary>What is stacked, as the index has it.</summary>
    internal IReadOnlyList<PackedPart> Parts { get; }

    /// <summary>A part's tensor as a storage whose numbers are unpacked when they are asked for.</summary>
    internal StorageView StorageOf(PackedPart part, string location)
    {
        var first = (long)part.FirstRow * InputWidth;
        return StorageView.Computed(part.StorageKey, (long)part.RowCount * InputWidth, location, EntryName, isDequantized: Format != ProductFormat.Single, Read);

        void Read(long firstElement, Span<byte> destination)
        {
            Span<float> numbers = stackalloc float[256];
            for (var element = first + firstElement; !destination.IsEmpty; element += numbers.Length)
            {
                var read = numbers[..Math.Min(numbers.Length, destination.Length / sizeof(float))];
                var bytes = read.Length * sizeof(float);
                Weight.ReadElements(element, read);
                NarrowingCasts.ToFloat32(read, destination[..bytes]);
                destination = destination[bytes..];
            }
        }
    }

    /// <summary>Finds the stacked tensors once the tree has been read.</summary>
    internal void Bind(IReadOnlyDictionary<string, TensorView> tensors)
    {
        var bound = new List<TensorView>(Parts.Count);
        foreach (var part in Parts)
        {
            if (!tensors.TryGetValue(part.ObjectPath, out var view))
                throw Error($"The projection stacks {Pickles.PickleText.Quote(part.ObjectPath.AsSpan())}, which is no tensor of the tree");
            if (view.Rank != 2 || view.Shape[0] != part.RowCount || view.Shape[1] != InputWidth)
                throw Error($"{part.ObjectPath} has shape [{string.Join(", ", view.Shape)}], expected [{part.RowCount}, {InputWidth}] as it is packed");
            if (part.StorageKey.Length > 0 && (view.Storage.Key != part.StorageKey || view.Storage.EntryName != EntryName || view.StorageOffset != 0 || !view.IsContiguous))
                throw Error($"{part.ObjectPath} is no whole view of storage {part.StorageKey}, as which it is packed");
            bound.Add(view);
        }

        Tensors = bound;
    }

    private ProductWeight Map()
    {
        var mapped = StoredWeight.Map(memory, entry.DataOffset, OutputWidth, InputWidth, Format);
        return StoredWeight.FindImpossibleScale(mapped) is { } output
            ? throw Error($"Output {output} of the projection has a scale that is negative or not finite")
            : mapped;
    }

    private CheckpointFormatException Error(string problem) => new(problem, memory.Path, EntryName);
}

/// <summary>A tensor of a stack, as the index has it.</summary>
/// <param name="ObjectPath">Where it stands in the object tree.</param>
/// <param name="StorageKey">The storage of the tree that it stands for; empty where the tree's tensor has a storage of its own in the file.</param>
/// <param name="FirstRow">Its first row in the stack.</param>
/// <param name="RowCount">Its rows.</param>
internal sealed record PackedPart(string ObjectPath, string StorageKey, int FirstRow, int RowCount);
