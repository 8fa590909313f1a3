using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>What a tile of a product reads: some rows and some panels side by side, over the whole K. Pointers the caller keeps pinned. Machine code reads it, too: hence the offsets.</summary>
[StructLayout(LayoutKind.Explicit)]
internal readonly unsafe struct ProductOperands
{
    internal const sbyte InputOffset = 0;
    internal const sbyte InputRowBytesOffset = 8;
    internal const sbyte WeightOffset = 16;
    internal const sbyte PanelBytesOffset = 24;
    internal const sbyte StepCountOffset = 32;
    internal const sbyte PrefetchOffset = 40;
    internal const sbyte PrefetchBytesOffset = 48;
    internal const sbyte IsPrefetchNearOffset = 56;

    /// <summary>The tile's first row.</summary>
    [field: FieldOffset(InputOffset)]
    public byte* Input { get; init; }

    /// <summary>From a row to the next.</summary>
    [field: FieldOffset(InputRowBytesOffset)]
    public nint InputRowBytes { get; init; }

    /// <summary>The tile's first panel.</summary>
    [field: FieldOffset(WeightOffset)]
    public byte* Weight { get; init; }

    /// <summary>From a panel to the next.</summary>
    [field: FieldOffset(PanelBytesOffset)]
    public nint PanelBytes { get; init; }

    /// <summary>The steps along K; each reads one cache line, or half of one, of each panel.</summary>
    [field: FieldOffset(StepCountOffset)]
    public nint StepCount { get; init; }

    /// <summary>What will be read after this tile; fetched into the cache while this one is worked on.</summary>
    [field: FieldOffset(PrefetchOffset)]
    public byte* Prefetch { get; init; }

    /// <summary>Whether it is fetched into the first-level cache, not only into the second.</summary>
    [field: FieldOffset(IsPrefetchNearOffset)]
    public bool IsPrefetchNear { get; init; }

    /// <summary>How far <see cref="Prefetch"/> advances a step.</summary>
    [field: FieldOffset(PrefetchBytesOffset)]
    public nint PrefetchBytes { get; init; }
}
