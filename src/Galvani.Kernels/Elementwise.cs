using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Functions of single elements, written over their input.</summary>
public static class Elementwise
{
    /// <summary>Applies a function to every element.</summary>
    /// <param name="function">The function.</param>
    /// <param name="values">Overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ElementFunction function, Span<float> values)
    {
        for (var i = 0; i < values.Length; i += Vector256<float>.Count)
            VectorMath.Store(VectorMath.Apply(function, VectorMath.Load(values, i, filler: 0)), values, i);
    }
}
