namespace Galvani.Checkpoints.Pickles;

/// <summary>What a file would make Python run, as far as it could be read.</summary>
/// <param name="Findings">Every use of a global that is not interpreted, in file order.</param>
/// <param name="Failure">Why reading stopped: a <see cref="CheckpointFormatException"/> or <see cref="UnsupportedCheckpointException"/>; null where the whole file was read.</param>
public sealed record PickleScan(IReadOnlyList<PickleFinding> Findings, Exception? Failure);
