namespace Galvani.Kernels;

/// <summary>What is fetched into the caches while a part of a product is worked on.</summary>
internal readonly struct ReadAhead
{
    /// <summary>The panels that are read after the last of the part: fetched while that one is worked on.</summary>
    public MemoryRun Following { get; init; }

    /// <summary>What is read after the whole product: each panel of the product fetches an equal share.</summary>
    public MemoryRun Later { get; init; }
}
