namespace Galvani.Checkpoints.Writing;

/// <summary>The formats that checkpoints are written in.</summary>
public enum CheckpointFormat
{
    /// <summary><c>.pt</c>: what <c>torch.save</c> writes. Holds everything: options, vocabularies, shared storages.</summary>
    Torch,

    /// <summary><c>.safetensors</c>: named tensors, nothing else, nothing shared.</summary>
    Safetensors,

    /// <summary>
    /// <c>.pt</c> without weights, and beside it <c>BASE.00.safetensors</c> with them: what OpenNMT-py reads with <c>save_format safetensors</c>. Holds everything, but nothing shared.
    /// </summary>
    Split,

    /// <summary><c>.npz</c>: named numpy arrays, nothing else, nothing shared, no bfloat16.</summary>
    Numpy,

    /// <summary><c>.galvani</c>: everything that a <c>.pt</c> file holds, its projections packed to be mapped and computed with. Written by <see cref="Packing.PackedFile"/> alone.</summary>
    Galvani,
}
