namespace Galvani.Kernels;

/// <summary>What a tile of a product reads: some rows and some panels side by side, over the whole K. Pointers the caller keeps pinned.</summary>
internal readonly unsafe struct ProductOperands
{
    /// <summary>The tile's first row.</summary>
    public byte* Input { get; init; }

    /// <summary>From a row to the next.</summary>
    public nint InputRowBytes { get; init; }

    /// <summary>The tile's first panel.</summary>
    public byte* Weight { get; init; }

    /// <summary>From a panel to the next.</summary>
    public nint PanelBytes { get; init; }

    /// <summary>The steps along K; each reads one cache line, or half of one, of each panel.</summary>
    public nint StepCount { get; init; }

    /// <summary>What will be read after this tile; fetched into the cache while this one is worked on.</summary>
    public byte* Prefetch { get; init; }

    /// <summary>Whether it is fetched into the first-level cache, not only into the second.</summary>
    public bool IsPrefetchNear { get; init; }

    /// <summary>How far <see cref="Prefetch"/> advances a step.</summary>
    public nint PrefetchBytes { get; init; }
}
