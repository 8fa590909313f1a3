namespace Galvani.Checkpoints.Pickles;

/// <summary>What a file says of a tensor beside its numbers: a class of its own, or attributes. Inert; it is written again around the tensor.</summary>
/// <param name="Function">The function that the file names for such tensors.</param>
/// <param name="Class">The class; null where the function knows it: it makes parameters.</param>
/// <param name="State">The attributes.</param>
internal sealed record TensorWrapper(PickleGlobal Function, PickleGlobal? Class, PickleValue State);
