using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>Functions of single elements, written over their input.</summary>
public static unsafe class Elementwise
{
    /// <summary>Applies a function to every element.</summary>
    /// <param name="function">The function.</param>
    /// <param name="values">Overwritten.</param>
    public static void Apply(ElementFunction function, Span<float> values)
    {
        fixed (float* start = values)
        {
            switch (InstructionSets.Current)
            {
                case InstructionSet.Avx512: Apply<Lanes512>(function, start, values.Length); break;
                case InstructionSet.Avx2: Apply<Lanes256>(function, start, values.Length); break;
                default: Apply<ScalarLanes>(function, start, values.Length); break;
            }
        }
    }

    /// <summary>Applies a function to elements that the caller keeps pinned.</summary>
    internal static void Apply<TLanes>(ElementFunction function, float* values, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        switch (function)
        {
            case ElementFunction.Identity: break;
            case ElementFunction.Relu: Map<TLanes, LaneFunctions.Relu>(values, count); break;
            case ElementFunction.Gelu: GeluFunction.Apply(new Span<float>(values, count)); break;
            case ElementFunction.Silu: Map<TLanes, LaneFunctions.Silu>(values, count); break;
            default: Map<TLanes, LaneFunctions.Sigmoid>(values, count); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Map<TLanes, TFunction>(float* values, int count)
        where TLanes : unmanaged, ILanes<TLanes>
        where TFunction : struct, ILaneFunction
    {
        var i = 0;
        for (; i <= count - LaneMath.LaneCount; i += LaneMath.LaneCount)
            TLanes.Store(TFunction.Of(TLanes.Load(values + i)), values + i);
        if (i < count)
            TLanes.StorePartial(TFunction.Of(TLanes.LoadPartial(values + i, count - i, filler: default)), values + i, count - i);
    }
}
