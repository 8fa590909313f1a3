namespace Galvani.Checkpoints.Containers;

/// <summary>Names zip archives that are something else than a torch checkpoint, by what they hold.</summary>
internal static class ZipContents
{
    /// <summary>What the archive is, in words; null where nothing else than a torch checkpoint is recognised.</summary>
    public static string? Recognise(IReadOnlyList<ArchiveEntry> entries)
    {
        foreach (var entry in entries)
        {
            var kind = entry.Name switch
            {
                _ when entry.Name.EndsWith("/constants.pkl", StringComparison.Ordinal) || entry.Name.Contains("/code/__torch__", StringComparison.Ordinal) => "a TorchScript archive",
                _ when entry.Name.Contains("/.data/extern_modules", StringComparison.Ordinal) => "a torch.package archive",
                _ when entry.Name.EndsWith(".npy", StringComparison.Ordinal) => "a numpy .npz archive",
                "[Content_Types].xml" => "an Office document",
                "META-INF/MANIFEST.MF" => "a Java archive",
                "AndroidManifest.xml" => "an Android package",
                "model.weights.h5" => "a Keras model",
                _ => null,
            };
            if (kind is not null)
                return kind;
        }

        return null;
    }
}
