namespace Galvani.Testing.Hostile;

/// <summary>A hostile file, named after its trick, and what a reader must make of it.</summary>
/// <param name="Name">The file's name in <c>tests/Hostile</c>.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Error">A part of the one error that opening it gives; null where it opens, with what is hostile in it inert.</param>
/// <param name="Finding">A global that a scan must name although nothing runs; null where the trick is another.</param>
/// <param name="IsDangerous">Whether the scan must know the global as a danger.</param>
public sealed record Trick(string Name, byte[] Bytes, string? Error = null, string? Finding = null, bool IsDangerous = true)
{
    /// <summary>Whether the bytes depend on the version of the deflater, so that another machine builds others.</summary>
    public bool IsDeflated { get; init; }
}

/// <summary>All hostile files.</summary>
public static class HostileCorpus
{
    /// <summary>The files of tensors, in order of their kinds.</summary>
    public static IReadOnlyList<Trick> All { get; } = [.. CodeTricks.All(), .. PickleTricks.All(), .. TensorTricks.All(), .. ZipTricks.All(), .. FormatTricks.All(), .. TarTricks.All(), .. PackedTricks.All()];

    /// <summary>The tokenizers, in a folder of their own.</summary>
    public static IReadOnlyList<Trick> Tokenizers { get; } = [.. TokenizerTricks.All()];

    /// <summary>The vocabularies and other lists of tokens, in a folder of their own.</summary>
    public static IReadOnlyList<Trick> Vocabularies { get; } = [.. VocabularyTricks.All()];

    /// <summary>The option files, in a folder of their own.</summary>
    public static IReadOnlyList<Trick> OptionFiles { get; } = [.. OptionFileTricks.All()];

    /// <summary>A file of <c>tests/Hostile</c>.</summary>
    public static string PathOf(string name) => Path.Combine(Repository.Root, "tests", "Hostile", name);

    /// <summary>The bytes of a file, which are those that its builder makes.</summary>
    public static byte[] BytesOf(string name) => File.ReadAllBytes(PathOf(name));
}
