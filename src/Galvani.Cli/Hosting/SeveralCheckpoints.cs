using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Hosting;

/// <summary>Opens checkpoints that are in memory together.</summary>
internal static class SeveralCheckpoints
{
    private const int VeryManyTensors = 20_000;

    /// <summary>Opens one of them. What reading a tree of very many tensors leaves behind is as large as the tree; it is given back before the next is read.</summary>
    public static OpenNmtCheckpoint Open(string path, CheckpointLimits limits)
    {
        var checkpoint = OpenNmtCheckpoint.Open(path, limits);
        if (checkpoint.Checkpoint.Tensors.Count >= VeryManyTensors)
            GC.Collect();
        return checkpoint;
    }
}
