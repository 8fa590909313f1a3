using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>Checks that checkpoints are of one model, one after the other, so that a mean of their weights means something. All that does not fit is counted; as much is kept as is named.</summary>
internal sealed class AverageMisfits
{
    private const int MostNamed = 20;

    private readonly AveragedFile first;
    private readonly IReadOnlyList<IReadOnlyList<OpenNmtTensor>> groups;
    private readonly List<string> named = [];
    private int count;

    /// <summary>Checks the first file by itself.</summary>
    /// <param name="first">The file.</param>
    /// <param name="groups">Its tensors, those under several names together.</param>
    public AverageMisfits(AveragedFile first, IReadOnlyList<IReadOnlyList<OpenNmtTensor>> groups)
    {
        (this.first, this.groups) = (first, groups);
        if (first.Tensors.Count == 0)
            Add($"{first.Path} has no tensors");
        foreach (var (name, times) in first.Tensors.CountBy(tensor => tensor.Name, StringComparer.Ordinal).Where(tensor => tensor.Value > 1))
            Add($"{first.Path} has {times} tensors named {name}");
    }

    /// <summary>Whether there are any so far.</summary>
    public bool Any => count > 0;

    /// <summary>Checks another file against the first.</summary>
    /// <param name="other">The file.</param>
    /// <param name="cancellationToken">Checked between parts of tensors that are compared.</param>
    public void Check(AveragedFile other, CancellationToken cancellationToken)
    {
        if (first.Checkpoint.IsOpenNmt && other.Checkpoint.IsOpenNmt)
        {
            foreach (var difference in ConfigDifferences.OfModels(OpenNmtConfig.Describe(first.Checkpoint, []), OpenNmtConfig.Describe(other.Checkpoint, [])))
                Add(other, difference);
        }

        foreach (var difference in Vocabularies(first.Checkpoint.Vocabularies, other.Checkpoint.Vocabularies))
            Add(other, difference);
        for (var i = 0; i < other.Tensors.Count; i++)
        {
            var name = other.Tensors[i].Name;
            var isInPlace = i < first.Tensors.Count && first.Tensors[i].Name == name; // nearly always, and sooner seen than looked up
            if (!isInPlace && first.Find(name) is null)
                Add(other, $"{name} is not in the first");
        }

        for (var i = 0; i < groups.Count; i++)
            CheckGroup(other, groups[i], i, cancellationToken);
    }

    /// <summary>Says what does not fit.</summary>
    /// <exception cref="WeightMismatchException">Something does not fit.</exception>
    public void ThrowIfAny()
    {
        if (!Any)
            return;
        var more = count > MostNamed ? FormattableString.Invariant($"; and {count - MostNamed} more") : "";
        throw new WeightMismatchException($"The files are not of one model ({first.Path} is the first): {string.Join("; ", named)}{more}");
    }

    private void Add(string problem)
    {
        if (count++ < MostNamed)
            named.Add(problem);
    }

    private void Add(AveragedFile other, string problem) => Add($"{other.Path}: {problem}");

    private static IEnumerable<string> Vocabularies(OpenNmtVocabularies? first, OpenNmtVocabularies? other)
    {
        if (first is null || other is null)
            yield break;
        foreach (var (name, tokens, others) in ((string, IReadOnlyList<string>?, IReadOnlyList<string>?)[])[("src", first.Source, other.Source), ("tgt", first.Target, other.Target)])
        {
            if (tokens is not null && others is not null && !tokens.SequenceEqual(others))
                yield return $"vocab.{name} has other tokens or another order";
        }
    }

    private void CheckGroup(AveragedFile other, IReadOnlyList<OpenNmtTensor> group, int place, CancellationToken cancellationToken)
    {
        TensorView? common = null;
        for (var i = 0; i < group.Count; i++) // there may be very many groups: nothing is allocated for one that fits
        {
            var tensor = group[i];
            if (other.Find(tensor.Name, place + i)?.View is not { } view)
            {
                Add(other, $"{tensor.Name} is missing");
                continue;
            }

            if (!view.Shape.SequenceEqual(tensor.View.Shape))
            {
                Add(other, $"{tensor.Name} has shape [{string.Join(", ", view.Shape)}], expected [{string.Join(", ", tensor.View.Shape)}]");
                continue;
            }

            if (view.DType.IsFloatingPoint() != tensor.View.DType.IsFloatingPoint())
                Add(other, $"{tensor.Name} is {view.DType.TorchName()}, expected {tensor.View.DType.TorchName()} or a type like it");
            else if (!view.DType.IsFloatingPoint() && TensorDifference.Compute(tensor.View, view, cancellationToken).DifferentCount > 0)
                Add(other, $"{tensor.Name} has other numbers and is {view.DType.TorchName()}, of which there is no mean");
            common ??= view;
            if (!common.IsSameViewAs(view) && TensorDifference.Compute(common, view, cancellationToken).DifferentCount > 0)
                Add(other, $"{tensor.Name} differs from {group[0].Name}; in the first file they are one tensor");
        }
    }
}
