namespace Galvani.Checkpoints.Tensors;

/// <summary>A tensor as a view over a storage: type, shape, strides, offset.</summary>
public sealed class TensorView;
