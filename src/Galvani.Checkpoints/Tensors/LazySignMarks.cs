namespace Galvani.Checkpoints.Tensors;

/// <summary>What torch has not done yet to the numbers of a tensor.</summary>
[Flags]
internal enum LazySignMarks
{
    /// <summary>The numbers are what they are.</summary>
    None = 0,

    /// <summary>The signs of imaginary parts are to be turned.</summary>
    Conjugated = 1,

    /// <summary>All signs are to be turned.</summary>
    Negated = 2,
}
