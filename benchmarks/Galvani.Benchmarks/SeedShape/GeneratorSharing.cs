namespace Galvani.Benchmarks.SeedShape;

/// <summary>Whether the output projection is the embedding's own storage.</summary>
internal enum GeneratorSharing
{
    /// <summary>One storage, 351 MB in float32.</summary>
    Tied,

    /// <summary>Two storages, 388 MB in float32.</summary>
    Untied,
}
