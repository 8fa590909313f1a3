using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>What a <c>.galvani</c> file has beyond a checkpoint: projections that are packed as products read them.</summary>
public sealed class PackedContent
{
    private readonly Dictionary<TensorView, List<PackedProjection>> byFirst = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, (PackedProjection Projection, PackedPart Part)> byKey;

    internal PackedContent(string writer, ProductFormat format, IReadOnlyList<PackedProjection> projections, Dictionary<string, (PackedProjection, PackedPart)> byKey) =>
        (Writer, Format, Projections, this.byKey) = (writer, format, projections, byKey);

    /// <summary>The release that wrote the file, such as <c>galvani 1.2.0</c>: text from the file.</summary>
    public string Writer { get; }

    /// <summary>How the projections are held.</summary>
    public ProductFormat Format { get; }

    /// <summary>The projections.</summary>
    public IReadOnlyList<PackedProjection> Projections { get; }

    /// <summary>The bytes of all projections.</summary>
    public long Bytes => Projections.Sum(projection => projection.Bytes);

    /// <summary>The projection of a stack, or null.</summary>
    /// <param name="tensors">The stacked tensors in order, as the checkpoint has them.</param>
    public PackedProjection? Find(IReadOnlyList<TensorView> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return tensors.Count > 0 && byFirst.TryGetValue(tensors[0], out var projections) ? projections.Find(projection => IsStackOf(projection, tensors)) : null;
    }

    /// <summary>The storage that a projection stands for, or null.</summary>
    internal StorageView? FindStorage(string key, string location) => byKey.TryGetValue(key, out var place) ? place.Projection.StorageOf(place.Part, location) : null;

    /// <summary>Finds the stacked tensors once the tree has been read.</summary>
    /// <exception cref="CheckpointFormatException">A stacked tensor is not there, or not as it was packed.</exception>
    internal void Bind(IReadOnlyList<NamedTensor> tensors)
    {
        var byPath = new Dictionary<string, TensorView>(tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in tensors)
            byPath.TryAdd(tensor.ObjectPath, tensor.View);
        foreach (var projection in Projections)
        {
            projection.Bind(byPath);
            if (!byFirst.TryGetValue(projection.Tensors[0], out var known))
                byFirst.Add(projection.Tensors[0], known = []);
            known.Add(projection);
        }
    }

    private static bool IsStackOf(PackedProjection projection, IReadOnlyList<TensorView> tensors)
    {
        if (projection.Tensors.Count != tensors.Count)
            return false;
        for (var i = 0; i < tensors.Count; i++)
        {
            if (!ReferenceEquals(projection.Tensors[i], tensors[i]))
                return false;
        }

        return true;
    }
}
