using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>An option that differs; <c>opt</c> as a whole where only one file has options.</summary>
/// <param name="Name">The option.</param>
/// <param name="First">The first file's value as text; null where it has none.</param>
/// <param name="Second">The second file's value as text; null where it has none.</param>
public sealed record OptionDifference(string Name, string? First, string? Second);

/// <summary>A token list that differs.</summary>
/// <param name="Name"><c>src</c>, <c>tgt</c>, <c>src_feats.0</c> ...; <c>decoder_start_token</c>.</param>
/// <param name="FirstCount">The first file's tokens.</param>
/// <param name="SecondCount">The second file's tokens.</param>
/// <param name="OnlyFirst">Tokens that only the first has.</param>
/// <param name="OnlySecond">Tokens that only the second has.</param>
/// <param name="MovedCount">Tokens that both have under different ids.</param>
public sealed record VocabularyDifference(string Name, int FirstCount, int SecondCount, IReadOnlyList<string> OnlyFirst, IReadOnlyList<string> OnlySecond, int MovedCount);

/// <summary>A tensor that differs.</summary>
/// <param name="Name">Its present name; its object path in files that are no checkpoints.</param>
/// <param name="First">The first file's, or null where it has none.</param>
/// <param name="Second">The second file's, or null where it has none.</param>
/// <param name="Values">How the numbers differ; null where there are not two of one shape.</param>
public sealed record ModelTensorDifference(string Name, TensorView? First, TensorView? Second, TensorDifference? Values);

/// <summary>How two checkpoints differ.</summary>
/// <param name="Options">Options that differ, as the files have them, in the order of the first file.</param>
/// <param name="Vocabularies">Token lists that differ.</param>
/// <param name="Tensors">Tensors that differ.</param>
/// <param name="ComparedCount">The tensors of both files together, each name once.</param>
/// <param name="Optimizers">The optimizers in words where one file has one and the other has none, else null. Not compared.</param>
public sealed record DiffReport(
    IReadOnlyList<OptionDifference> Options, IReadOnlyList<VocabularyDifference> Vocabularies, IReadOnlyList<ModelTensorDifference> Tensors, int ComparedCount, string? Optimizers)
{
    /// <summary>Whether options, vocabularies and tensors are equal.</summary>
    public bool IsSame => Options.Count == 0 && Vocabularies.Count == 0 && Tensors.Count == 0;
}

/// <summary>Compares two checkpoints: options, vocabularies, and the model's tensors under their present names.</summary>
public static class CheckpointDiff
{
    /// <summary>Compares two checkpoints.</summary>
    /// <param name="first">A checkpoint.</param>
    /// <param name="second">Another.</param>
    /// <param name="cancellationToken">Checked between parts of tensors.</param>
    public static DiffReport Run(OpenNmtCheckpoint first, OpenNmtCheckpoint second, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (mine, theirs) = (new Side(first), new Side(second));
        var names = mine.Names.Concat(theirs.Names.Where(name => mine.Find(name) is null));
        var differences = names.Select(name => Compare(name, mine.Find(name), theirs.Find(name), cancellationToken)).OfType<ModelTensorDifference>();
        var count = names.Count();
        var optimizers = first.Optimizer.IsPresent == second.Optimizer.IsPresent ? null : $"{first.Optimizer.Description}; {second.Optimizer.Description}";
        return new DiffReport([.. Options(first.Options, second.Options)], VocabularyDiff.Of(first.Vocabularies, second.Vocabularies), [.. differences], count, optimizers);
    }

    private static ModelTensorDifference? Compare(string name, TensorView? first, TensorView? second, CancellationToken cancellationToken)
    {
        if (first is null || second is null || !first.Shape.SequenceEqual(second.Shape))
            return new ModelTensorDifference(name, first, second, Values: null);
        var values = TensorDifference.Compute(first, second, cancellationToken);
        return values.DifferentCount == 0 && first.DType == second.DType ? null : new ModelTensorDifference(name, first, second, values);
    }

    private static IEnumerable<OptionDifference> Options(OpenNmtOptions first, OpenNmtOptions second)
    {
        if (first.HasFileOptions != second.HasFileOptions)
        {
            yield return new OptionDifference("opt", Count(first), Count(second));
            yield break;
        }

        var theirs = InFile(second);
        foreach (var (name, value) in first.FileOptions)
        {
            theirs.Remove(name, out var other);
            if (other is null || !TreeEquality.AreEqual(value, other))
                yield return new OptionDifference(name, Text(name, value), other is null ? null : Text(name, other));
        }

        foreach (var (name, value) in theirs)
            yield return new OptionDifference(name, First: null, Text(name, value));
    }

    private static string? Count(OpenNmtOptions options) => options.HasFileOptions ? FormattableString.Invariant($"{options.FileOptions.Count} options") : null;

    /// <summary>The options by name; of several whose names read alike, as keys that are no texts can, the last, as everywhere.</summary>
    private static Dictionary<string, PickleValue> InFile(OpenNmtOptions options)
    {
        var values = new Dictionary<string, PickleValue>(options.FileOptions.Count, StringComparer.Ordinal);
        foreach (var (name, value) in options.FileOptions)
            values[name] = value;
        return values;
    }

    private static string Text(string name, PickleValue value) => new OpenNmtOption(name, value, OptionOrigin.File).Text;

    /// <summary>The tensors of a file by name: those of the model, or, of a file that is no checkpoint and has others, too, all by their paths.</summary>
    private sealed class Side
    {
        private readonly OpenNmtCheckpoint checkpoint;
        private readonly Dictionary<string, TensorView>? byPath; // null: the checkpoint knows its tensors by name

        public Side(OpenNmtCheckpoint checkpoint)
        {
            this.checkpoint = checkpoint;
            if (ModelContent.HasNames(checkpoint) || checkpoint.Tensors.Count == checkpoint.Checkpoint.Tensors.Count)
                return;
            byPath = new Dictionary<string, TensorView>(checkpoint.Checkpoint.Tensors.Count, StringComparer.Ordinal);
            foreach (var tensor in checkpoint.Checkpoint.Tensors)
                byPath.TryAdd(tensor.ObjectPath, tensor.View);
        }

        /// <summary>The names in file order, each once.</summary>
        public IEnumerable<string> Names => byPath?.Keys ?? checkpoint.Tensors.Where(tensor => ReferenceEquals(checkpoint.Find(tensor.Name), tensor)).Select(tensor => tensor.Name);

        public TensorView? Find(string name) => byPath is null ? checkpoint.Find(name)?.View : byPath.GetValueOrDefault(name);
    }
}
