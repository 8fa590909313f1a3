namespace Galvani.Kernels.MachineCode;

/// <summary>How a step of a tile multiplies.</summary>
internal enum StepKind
{
    /// <summary>Single precision.</summary>
    Single,

    /// <summary>Bytes, four components a step; see <see cref="ByteSteps"/>.</summary>
    Bytes,

    /// <summary>16-bit integers, two components a step; see <see cref="ShortSteps"/>.</summary>
    Shorts,

    /// <summary>Bytes of which those of two steps may be added in 16 bits; see <see cref="WeightQuads"/>.</summary>
    Quads,
}
