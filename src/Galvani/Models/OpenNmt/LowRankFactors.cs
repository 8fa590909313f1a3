using System.Numerics.Tensors;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>The two factors of one adapted matrix.</summary>
/// <param name="Name">The matrix.</param>
/// <param name="Left">B: [out, rank]; of an embedding [D, rank].</param>
/// <param name="Right">A: [rank, in]; of an embedding [rank, V].</param>
internal sealed record LowRankPair(string Name, TensorView Left, TensorView Right)
{
    public int Rank => (int)Right.Shape[0];
}

/// <summary>What an adaptation's file holds, checked against its base model.</summary>
/// <param name="Pairs">The factors.</param>
/// <param name="Replaced">Tensors that take the place of the base's: trained biases.</param>
internal sealed record LowRankFactors(IReadOnlyList<LowRankPair> Pairs, IReadOnlyList<OpenNmtTensor> Replaced)
{
    /// <summary>Reads and checks.</summary>
    /// <exception cref="WeightMismatchException">A factor is missing or does not fit; all are named.</exception>
    public static LowRankFactors Read(OpenNmtCheckpoint baseModel, OpenNmtCheckpoint adaptation)
    {
        var problems = new List<string>();
        var pairs = new List<LowRankPair>();
        var replaced = new List<OpenNmtTensor>();
        foreach (var tensor in adaptation.Tensors)
        {
            if (!OpenNmtNames.TryParseLowRank(tensor.Name, out var matrix, out var factor))
            {
                if (Fits(baseModel, tensor, problems))
                    replaced.Add(tensor);
                continue;
            }

            var partner = tensor.Name[..^factor.Length] + (factor == OpenNmtNames.LowRankRight ? OpenNmtNames.LowRankLeft : OpenNmtNames.LowRankRight);
            if (adaptation.Find(partner)?.View is not { } other)
                problems.Add($"{tensor.Name} has no {partner} beside it");
            else if (factor == OpenNmtNames.LowRankRight && Pair(baseModel, matrix, other, tensor.View, problems) is { } pair)
                pairs.Add(pair);
        }

        foreach (var twice in pairs.Select(pair => pair.Name).Intersect(replaced.Select(tensor => tensor.Name)))
            problems.Add($"{twice} is there as a whole and as factors, expected one of the two");
        CheckRank(adaptation, pairs, problems);
        return problems.Count == 0
            ? new LowRankFactors(pairs, replaced)
            : throw new WeightMismatchException($"The adaptation {adaptation.Checkpoint.FilePath} does not fit the base {baseModel.Checkpoint.FilePath}: {string.Join("; ", problems)}");
    }

    private static LowRankPair? Pair(OpenNmtCheckpoint baseModel, string name, TensorView left, TensorView right, List<string> problems)
    {
        if (baseModel.Find(name)?.View is not { } matrix)
        {
            problems.Add($"{name} is not in the base");
            return null;
        }

        var isEmbedding = OpenNmtNames.IsEmbedding(name);
        if (left.Rank == 2 && right.Rank == 2 && matrix.Rank == 2 && left.Shape[1] == right.Shape[0] && right.Shape[0] > 0
            && left.Shape[0] == matrix.Shape[isEmbedding ? 1 : 0] && right.Shape[1] == matrix.Shape[isEmbedding ? 0 : 1] && matrix.DType.IsFloatingPoint() && matrix.ElementCount > 0)
            return AreNumbers(name, left, right, problems) ? new LowRankPair(name, left, right) : null;
        problems.Add($"{name} is {matrix.DType.TorchName()} [{string.Join(", ", matrix.Shape)}], its factors B [{string.Join(", ", left.Shape)}] and A [{string.Join(", ", right.Shape)}] do not fit it");
        return null;
    }

    /// <summary>Whether both factors have floating-point numbers, all of them finite: anything else would spoil the whole matrix, and is no result of training.</summary>
    private static bool AreNumbers(string name, TensorView left, TensorView right, List<string> problems)
    {
        var before = problems.Count;
        foreach (var (letter, factor) in (ReadOnlySpan<(string, TensorView)>)[("B", left), ("A", right)])
        {
            if (!factor.DType.IsFloatingPoint())
                problems.Add($"factor {letter} of {name} is {factor.DType.TorchName()}, expected floating-point numbers");
            else if (!IsFinite(factor))
                problems.Add($"factor {letter} of {name} has numbers that are infinite or NaN");
        }

        return problems.Count == before;
    }

    private static bool IsFinite(TensorView factor)
    {
        const int PartElements = 1 << 14;
        var numbers = new double[Math.Min(PartElements, factor.ElementCount)];
        for (var first = 0L; first < factor.ElementCount; first += numbers.Length)
        {
            var part = numbers.AsSpan(0, (int)Math.Min(numbers.Length, factor.ElementCount - first));
            factor.CopyTo(part, first);
            if (!TensorPrimitives.IsFiniteAll<double>(part))
                return false;
        }

        return true;
    }

    private static bool Fits(OpenNmtCheckpoint baseModel, OpenNmtTensor tensor, List<string> problems)
    {
        if (baseModel.Find(tensor.Name) is { } old && old.View.Shape.SequenceEqual(tensor.View.Shape))
        {
            if (old.View.DType.IsFloatingPoint() == tensor.View.DType.IsFloatingPoint())
                return true;
            problems.Add($"{tensor.Name} is {tensor.View.DType.TorchName()}, the base's {old.View.DType.TorchName()}");
            return false;
        }

        problems.Add(baseModel.Find(tensor.Name) is { } known
            ? $"{tensor.Name} has shape [{string.Join(", ", tensor.View.Shape)}], the base's [{string.Join(", ", known.View.Shape)}]"
            : $"{tensor.Name} is not in the base");
        return false;
    }

    private static void CheckRank(OpenNmtCheckpoint adaptation, List<LowRankPair> pairs, List<string> problems)
    {
        var ranks = pairs.Select(pair => pair.Rank).Distinct().ToList();
        if (ranks.Count > 1)
            problems.Add($"the factors have ranks {string.Join(", ", ranks)}, expected one");
        if (ranks.Count == 1 && adaptation.Options.IsInFile("lora_rank") && adaptation.Options.Integer("lora_rank") != ranks[0])
            problems.Add($"the factors have rank {ranks[0]}, option lora_rank is {adaptation.Options.Integer("lora_rank")}");
    }
}
