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
}
