using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>A part of a model and what it weighs. A storage that several parts share is counted in the first of them.</summary>
/// <param name="Name">The part.</param>
/// <param name="TensorCount">Its tensors.</param>
/// <param name="ParameterCount">Its numbers that are trained, shared ones counted once.</param>
/// <param name="Bytes">The bytes of its storages, shared ones counted once.</param>
/// <param name="SharedWith">The part that its tensors share their storage with, or null.</param>
public sealed record ModelPart(string Name, int TensorCount, long ParameterCount, long Bytes, string? SharedWith);

/// <summary>What a model consists of.</summary>
public static class ModelParts
{
    private static readonly (string Name, Func<string, bool> Has)[] Parts =
    [
        ("source embedding", name => name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal) && IsEmbeddingPart(name)),
        ("target embedding", name => name.StartsWith(OpenNmtNames.Decoder, StringComparison.Ordinal) && IsEmbeddingPart(name)),
        ("positions (fixed)", OpenNmtNames.IsPositionalTable),
        ("encoder layers", name => name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal)),
        ("decoder layers", name => name.StartsWith(OpenNmtNames.Decoder, StringComparison.Ordinal)),
        ("generator", name => name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal)),
        ("other", _ => true),
    ];

    /// <summary>The parts that have tensors, in the order data flows through them.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static IReadOnlyList<ModelPart> Of(OpenNmtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var owners = new Dictionary<StorageView, string>(ReferenceEqualityComparer.Instance);
        var result = new List<ModelPart>();
        foreach (var (name, group) in Parts.Select(part => (part.Name, checkpoint.Tensors.Where(tensor => PartOf(tensor.Name) == part.Name).ToList())))
        {
            if (group.Count == 0)
                continue;
            long parameters = 0, bytes = 0;
            string? sharedWith = null;
            foreach (var tensor in group)
            {
                if (!owners.TryAdd(tensor.View.Storage, name))
                {
                    sharedWith ??= owners[tensor.View.Storage] == name ? null : owners[tensor.View.Storage];
                    continue;
                }

                bytes += tensor.View.Storage.ByteCount;
                if (!OpenNmtNames.IsPositionalTable(tensor.Name))
                    parameters += tensor.View.ElementCount;
            }

            result.Add(new ModelPart(name, group.Count, parameters, bytes, sharedWith));
        }

        return result;
    }

    private static string PartOf(string name) => Parts.First(part => part.Has(name)).Name;

    private static bool IsEmbeddingPart(string name) =>
        name.Contains(OpenNmtNames.Embeddings, StringComparison.Ordinal) && !OpenNmtNames.IsPositionalTable(name);
}
