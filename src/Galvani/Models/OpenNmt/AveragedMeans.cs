using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The means of an average, computed while they are written. Where one small tensor is written behind the other, of which a file may have very many, those that follow are made ahead in one go, on all processors: to find,
/// unpack and widen them takes far longer than to write them. For one thread.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="weights">A weight for each.</param>
internal sealed class AveragedMeans(AveragedFiles files, IReadOnlyList<double> weights)
{
    private const int SmallBytes = 1 << 12;
    private const int RunBytes = 1 << 16;

    private readonly byte[] run = new byte[RunBytes];
    private readonly List<(int Group, int Offset)> made = []; // of one run, in the order of the groups
    private int taken; // of these
    private int next; // the group that is written next where all are in order
    private bool isBroken;

    /// <summary>Computes a part of a group's mean.</summary>
    /// <param name="group">The group, of floating-point tensors.</param>
    /// <param name="firstElement">The row-major index of the first element.</param>
    /// <param name="destination">A whole number of elements; as many as it has are made.</param>
    public void Compute(int group, long firstElement, Span<byte> destination)
    {
        if (!IsSmall(group) || destination.Length != View(group).LogicalBytes)
        {
            ComputeNow(group, firstElement, destination);
            return;
        }

        if (taken == made.Count && group == next)
            MakeRun(group);
        if (taken < made.Count && made[taken].Group == group)
            run.AsSpan(made[taken++].Offset, destination.Length).CopyTo(destination);
        else
            ComputeNow(group, firstElement, destination);
        next = NextMean(group);
    }

    private TensorView View(int group) => files.Groups[group][0].View;

    private bool IsSmall(int group) => View(group).LogicalBytes <= SmallBytes;

    /// <summary>The next group of which there is a mean.</summary>
    private int NextMean(int group)
    {
        do
            group++;
        while (group < files.Groups.Count && (!View(group).DType.IsFloatingPoint() || View(group).ElementCount == 0)); // nothing is asked of what has no elements
        return group;
    }

    private void ComputeNow(int group, long firstElement, Span<byte> destination) => WeightedMean.Compute(files.Views(group), weights, firstElement, destination);

    private void MakeRun(int firstGroup)
    {
        made.Clear();
        taken = 0;
        var offset = 0;
        for (var group = firstGroup; !isBroken && group < files.Groups.Count && IsSmall(group) && offset + View(group).LogicalBytes <= RunBytes; group = NextMean(group))
        {
            made.Add((group, offset));
            offset += (int)View(group).LogicalBytes;
        }

        try
        {
            Parallel.For(0, made.Count, i => ComputeNow(made[i].Group, firstElement: 0, run.AsSpan(made[i].Offset, (int)View(made[i].Group).LogicalBytes)));
        }
        catch (AggregateException)
        {
            // Something cannot be read: it is to fail in its turn, whatever was tried first.
            made.Clear();
            isBroken = true;
        }
    }
}
