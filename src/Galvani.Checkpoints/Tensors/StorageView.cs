namespace Galvani.Checkpoints.Tensors;

/// <summary>A storage: a run of elements of one type that tensors are views of.</summary>
public sealed class StorageView;
