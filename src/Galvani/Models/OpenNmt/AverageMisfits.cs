using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>Checks that checkpoints are of one model, so that a mean of their weights means something.</summary>
internal static class AverageMisfits
{
    private const int MostNamed = 20;

    /// <summary>Checks all files against the first.</summary>
    /// <param name="files">The files.</param>
    /// <param name="groups">The first one's tensors, those under several names together.</param>
    /// <param name="cancellationToken">Checked between parts of tensors that are compared.</param>
    /// <exception cref="WeightMismatchException">Something does not fit; all is named.</exception>
    public static void Check(IReadOnlyList<AveragedFile> files, IReadOnlyList<IReadOnlyList<OpenNmtTensor>> groups, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (files[0].Tensors.Count == 0)
            problems.Add($"{files[0].Path} has no tensors");
        foreach (var (name, count) in files[0].Tensors.CountBy(tensor => tensor.Name, StringComparer.Ordinal).Where(named => named.Value > 1))
            problems.Add($"{files[0].Path} has {count} tensors named {name}");
        foreach (var other in files.Skip(1))
        {
            var found = Compare(files[0], other, groups, cancellationToken).ToList();
            problems.AddRange(found.Select(problem => $"{other.Path}: {problem}"));
        }

        if (problems.Count == 0)
            return;
        var more = problems.Count > MostNamed ? FormattableString.Invariant($"; and {problems.Count - MostNamed} more") : "";
        throw new WeightMismatchException($"The files are not of one model ({files[0].Path} is the first): {string.Join("; ", problems.Take(MostNamed))}{more}");
    }

    private static IEnumerable<string> Compare(AveragedFile first, AveragedFile other, IReadOnlyList<IReadOnlyList<OpenNmtTensor>> groups, CancellationToken cancellationToken)
    {
        if (first.Checkpoint.IsOpenNmt && other.Checkpoint.IsOpenNmt)
        {
            foreach (var difference in ConfigDifferences.OfModels(OpenNmtConfig.Describe(first.Checkpoint, []), OpenNmtConfig.Describe(other.Checkpoint, [])))
                yield return difference;
        }

        foreach (var difference in Vocabularies(first.Checkpoint.Vocabularies, other.Checkpoint.Vocabularies))
            yield return difference;
        foreach (var tensor in other.Tensors.Where(tensor => first.Find(tensor.Name) is null))
            yield return $"{tensor.Name} is not in the first";
        foreach (var group in groups)
        {
            foreach (var problem in Tensors(other, group, cancellationToken))
                yield return problem;
        }
    }

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

    private static IEnumerable<string> Tensors(AveragedFile other, IReadOnlyList<OpenNmtTensor> group, CancellationToken cancellationToken)
    {
        TensorView? common = null;
        foreach (var tensor in group)
        {
            if (other.Find(tensor.Name)?.View is not { } view)
            {
                yield return $"{tensor.Name} is missing";
                continue;
            }

            if (!view.Shape.SequenceEqual(tensor.View.Shape))
            {
                yield return $"{tensor.Name} has shape [{string.Join(", ", view.Shape)}], expected [{string.Join(", ", tensor.View.Shape)}]";
                continue;
            }

            if (view.DType.IsFloatingPoint() != tensor.View.DType.IsFloatingPoint())
                yield return $"{tensor.Name} is {view.DType.TorchName()}, expected {tensor.View.DType.TorchName()} or a type like it";
            else if (!view.DType.IsFloatingPoint() && TensorDifference.Compute(tensor.View, view, cancellationToken).DifferentCount > 0)
                yield return $"{tensor.Name} has other numbers and is {view.DType.TorchName()}, of which there is no mean";
            common ??= view;
            if (!common.IsSameViewAs(view) && TensorDifference.Compute(common, view, cancellationToken).DifferentCount > 0)
                yield return $"{tensor.Name} differs from {group[0].Name}; in the first file they are one tensor";
        }
    }
}
