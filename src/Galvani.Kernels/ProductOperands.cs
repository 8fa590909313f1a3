using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>What a tile of a product reads, some rows and some panels side by side, over the whole K, and where its sums go. Pointers the caller keeps pinned. Machine code reads it, too: hence the offsets.</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct ProductOperands
{
    internal const int InputOffset = 0;
    internal const int InputRowBytesOffset = 8;
    internal const int WeightOffset = 16;
    internal const int PanelBytesOffset = 24;
    internal const int StepCountOffset = 32;
    internal const int PrefetchOffset = 40;
    internal const int PrefetchBytesOffset = 48;
    internal const int IsPrefetchNearOffset = 56;
    internal const int IsFlooredOffset = 57;
    internal const int OutputOffset = 64;
    internal const int OutputRowBytesOffset = 72;
    internal const int BiasOffset = 80;
    internal const int ResidualOffset = 88;
    internal const int LaterOffset = 96;
    internal const int LaterBytesOffset = 104;
    internal const int RowScalesOffset = 112;
    internal const int RowZerosOffset = 120;
    internal const int ColumnScalesOffset = 128;
    internal const int ColumnSumsOffset = 136;
    internal const int TileCountOffset = 144;

    /// <summary>The tile's first row.</summary>
    [field: FieldOffset(InputOffset)]
    public byte* Input { get; set; }

    /// <summary>From a row to the next.</summary>
    [field: FieldOffset(InputRowBytesOffset)]
    public nint InputRowBytes { get; set; }

    /// <summary>The tile's first panel.</summary>
    [field: FieldOffset(WeightOffset)]
    public byte* Weight { get; set; }

    /// <summary>From a panel to the next.</summary>
    [field: FieldOffset(PanelBytesOffset)]
    public nint PanelBytes { get; set; }

    /// <summary>The steps along K; each reads one cache line, or half of one, of each panel.</summary>
    [field: FieldOffset(StepCountOffset)]
    public nint StepCount { get; set; }

    /// <summary>What will be read after this tile; fetched into the cache while this one is worked on.</summary>
    [field: FieldOffset(PrefetchOffset)]
    public byte* Prefetch { get; set; }

    /// <summary>Whether it is fetched into the first-level cache, not only into the second.</summary>
    [field: FieldOffset(IsPrefetchNearOffset)]
    public bool IsPrefetchNear { get; set; }

    /// <summary>How far <see cref="Prefetch"/> advances a step.</summary>
    [field: FieldOffset(PrefetchBytesOffset)]
    public nint PrefetchBytes { get; set; }

    /// <summary>Where the tile's first sum goes, through the epilogue that follows; null where sums go as they are to where the tile is told.</summary>
    [field: FieldOffset(OutputOffset)]
    public float* Output { get; set; }

    /// <summary>From a row of the output, and of the residual, to the next.</summary>
    [field: FieldOffset(OutputRowBytesOffset)]
    public nint OutputRowBytes { get; set; }

    /// <summary>Added to every row, from the tile's first column on; null for none.</summary>
    [field: FieldOffset(BiasOffset)]
    public float* Bias { get; set; }

    /// <summary>Whether what is less than zero then becomes zero.</summary>
    [field: FieldOffset(IsFlooredOffset)]
    public bool IsFloored { get; set; }

    /// <summary>Added last, from the tile's first row and column on; null for none.</summary>
    [field: FieldOffset(ResidualOffset)]
    public float* Residual { get; set; }

    /// <summary>What will be read after the whole product; fetched into the second-level cache by tiles of four rows and more.</summary>
    [field: FieldOffset(LaterOffset)]
    public byte* Later { get; set; }

    /// <summary>How far <see cref="Later"/> advances a step: no more than a line.</summary>
    [field: FieldOffset(LaterBytesOffset)]
    public nint LaterBytes { get; set; }

    /// <summary>Of a quantised product, the scales of the tile's rows; see <see cref="ProductTarget"/> for these four.</summary>
    [field: FieldOffset(RowScalesOffset)]
    public float* RowScales { get; set; }

    /// <summary>The zeros of the tile's rows.</summary>
    [field: FieldOffset(RowZerosOffset)]
    public int* RowZeros { get; set; }

    /// <summary>The scales of outputs, from the tile's first column on.</summary>
    [field: FieldOffset(ColumnScalesOffset)]
    public float* ColumnScales { get; set; }

    /// <summary>The sums of the outputs' weights, from the tile's first column on.</summary>
    [field: FieldOffset(ColumnSumsOffset)]
    public int* ColumnSums { get; set; }

    /// <summary>How many tiles of as many rows are worked on, one below the other; one where <see cref="Output"/> is null.</summary>
    [field: FieldOffset(TileCountOffset)]
    public nint TileCount { get; set; }
}
