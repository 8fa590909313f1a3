namespace Galvani.Checkpoints.Tensors;

/// <summary>Makes elements of a tensor that is computed while it is read or written, so that it is never in memory as a whole.</summary>
/// <param name="firstElement">The row-major index of the first.</param>
/// <param name="destination">Receives little-endian elements, as many as it holds: a whole number.</param>
public delegate void ElementContent(long firstElement, Span<byte> destination);
