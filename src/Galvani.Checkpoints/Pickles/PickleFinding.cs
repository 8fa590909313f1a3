namespace Galvani.Checkpoints.Pickles;

/// <summary>A global that the reader does not interpret: what a Python loader would have imported, and perhaps called.</summary>
/// <param name="Global">The dotted name.</param>
/// <param name="Opcode">The opcode that named or used it: GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, BUILD ...</param>
/// <param name="ByteOffset">Where in the entry that holds the pickle; in the file where there is no entry.</param>
/// <param name="IsCalled">Whether it would have been called, not only imported.</param>
/// <param name="Arguments">The arguments of the call. Tensors among them may be of a file that is closed: then their types and shapes can be asked for, their numbers cannot.</param>
public sealed record PickleFinding(string Global, string Opcode, long ByteOffset, bool IsCalled, IReadOnlyList<PickleValue> Arguments);
