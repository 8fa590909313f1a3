namespace Galvani.Checkpoints.Writing;

/// <summary>What was written, or would be.</summary>
/// <param name="Path">The file, in the split form the one without weights.</param>
/// <param name="Format">Its format.</param>
/// <param name="IsRehearsal">Whether nothing was written.</param>
/// <param name="Bytes">Its length, in the split form with that of the weights.</param>
/// <param name="TensorCount">Its tensors.</param>
/// <param name="Notes">What the format could not hold or had to change, one sentence each.</param>
public sealed record WrittenCheckpoint(string Path, CheckpointFormat Format, bool IsRehearsal, long Bytes, int TensorCount, IReadOnlyList<string> Notes)
{
    /// <summary>The file with the weights in the split form; null in every other.</summary>
    public string? WeightsPath { get; init; }
}
