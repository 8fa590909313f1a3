using Galvani.Checkpoints;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The form that OpenNMT-py writes with <c>save_format safetensors</c>: a <c>.pt</c> file without weights, and beside it <c>BASE.NN.safetensors</c> files that hold
/// them (the trainer itself writes one <c>BASE.safetensors</c>, which its loader does not find; here it is). Tensors that are the same by an option
/// may be in the files once, because that format has no shared storages.
/// </summary>
internal static class SplitWeights
{
    private const int MostNamed = 5;

    /// <summary>Opens the files that hold the weights of a checkpoint which has none itself.</summary>
    /// <param name="checkpoint">The file that was opened.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <returns>The open files in the order of their numbers; empty where the checkpoint is no such file, or they are missing.</returns>
    /// <exception cref="CheckpointFormatException">One of them is broken, or no safetensors file.</exception>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    public static IReadOnlyList<Checkpoint> Open(Checkpoint checkpoint, CheckpointLimits? limits)
    {
        var opened = new List<Checkpoint>();
        if (!LacksWeights(checkpoint))
            return opened;
        try
        {
            foreach (var path in SplitFiles.Find(checkpoint.FilePath))
            {
                opened.Add(Checkpoint.Open(path, limits));
                if (opened[^1].Container != ContainerKind.Safetensors)
                    throw new CheckpointFormatException($"This is a file of the form {opened[^1].Container.Describe()}, expected safetensors with the weights of {checkpoint.FilePath}", path);
            }
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }

        return opened;
    }

    /// <summary>Whether a file is a checkpoint in all but its weights.</summary>
    public static bool LacksWeights(Checkpoint checkpoint) =>
        checkpoint.Root is PickleDictionary root && root["opt"] is PickleDictionary && root[PartMark.Key] is null && IsEmpty(root["model"]) && IsEmpty(root["generator"]);

    /// <summary>Where the weights of a checkpoint were expected that has none and beside which none were found; null for any other.</summary>
    public static string? Missing(Checkpoint checkpoint, int weightFileCount) =>
        weightFileCount == 0 && LacksWeights(checkpoint) ? $"the file has no weights, and none were found: expected {SplitFiles.Describe(checkpoint.FilePath)}" : null;

    /// <summary>The files beside a checkpoint without weights that are not read, and that OpenNMT-py would read; none for any other.</summary>
    public static IEnumerable<string> Unread(Checkpoint checkpoint) => LacksWeights(checkpoint)
        ? SplitFiles.FindUnnumbered(checkpoint.FilePath).Select(file => $"{Path.GetFileName(file)} is not read, as OpenNMT-py would: expected {SplitFiles.Describe(checkpoint.FilePath)}")
        : [];

    /// <summary>The tree of a checkpoint without its weights; null for what would not be read as one.</summary>
    public static PickleDictionary? Rest(PickleValue tree) =>
        tree is PickleDictionary root && root["opt"] is PickleDictionary && root[PartMark.Key] is null
            ? CheckpointTree.Replace(root, ModelContent.Texts(root).Where(entry => entry.Key is not ("model" or "generator")))
            : null;

    /// <summary>Adds tensors that options say are another one and that the files leave out.</summary>
    /// <exception cref="WeightMismatchException">Several files hold a tensor of one name.</exception>
    public static void Complete(IReadOnlyList<OpenNmtTensor> tensors, OpenNmtOptions options, string path, Action<OpenNmtTensor> add)
    {
        var twice = tensors.GroupBy(tensor => tensor.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
        if (twice.Count > 0)
        {
            var more = twice.Count > MostNamed ? FormattableString.Invariant($" and {twice.Count - MostNamed} others") : "";
            throw new WeightMismatchException($"The files of weights hold {string.Join(", ", twice.Take(MostNamed))}{more} more than once ({path})");
        }

        var known = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        if (options.Flag("share_embeddings"))
            Tie(OpenNmtNames.SourceEmbedding, OpenNmtNames.TargetEmbedding, "share_embeddings");
        if (options.Flag("share_decoder_embeddings"))
            Tie(OpenNmtNames.TargetEmbedding, OpenNmtNames.GeneratorWeight, "share_decoder_embeddings");
        if (options.Flag("share_embeddings"))
            Tie(OpenNmtNames.SourceEmbedding, OpenNmtNames.TargetEmbedding, "share_embeddings"); // where only the generator's was kept

        void Tie(string first, string second, string option)
        {
            var (has, lacks) = known.ContainsKey(first) ? (first, second) : (second, first);
            if (!known.TryGetValue(has, out var source) || known.ContainsKey(lacks))
                return;
            var tied = source with { Name = lacks };
            known.Add(lacks, tied);
            add(tied);
            options.Note($"{lacks} is left out of the files of weights: it is {has}, by option {option}");
        }
    }

    private static bool IsEmpty(PickleValue? node) => node is null or PickleNone or PickleDictionary { Entries.Count: 0 };
}
