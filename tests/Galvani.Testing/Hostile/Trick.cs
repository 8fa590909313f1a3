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

/// <summary>Files that are one checkpoint together, named after their trick: the split form's <c>NAME.pt</c> without weights, and what lies beside it.</summary>
/// <param name="Name">What the files' names begin with, in the folder <c>split</c>.</param>
/// <param name="Error">A part of the one error that opening it gives; null where it opens.</param>
/// <param name="Problem">A part of a problem that is found in it; null where it is sound.</param>
/// <param name="Files">What each file's name goes on with, and its bytes.</param>
public sealed record SplitTrick(string Name, string? Error, string? Problem, params (string Suffix, byte[] Bytes)[] Files)
{
    /// <summary>The checkpoint, whose name the group is opened by.</summary>
    public string Main => NameOf(".pt");

    /// <summary>A file's name in <c>tests/Hostile</c>.</summary>
    /// <param name="suffix">What it goes on with.</param>
    public string NameOf(string suffix) => $"split/{Name}{suffix}";
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

    /// <summary>The checkpoints of several files, in a folder of their own.</summary>
    public static IReadOnlyList<SplitTrick> Splits { get; } = [.. SplitTricks.All()];

    /// <summary>Every file by itself.</summary>
    public static IEnumerable<Trick> Everything => All.Concat(Tokenizers).Concat(Vocabularies).Concat(OptionFiles).Concat(Splits.SelectMany(split => split.Files.Select(file => new Trick(split.NameOf(file.Suffix), file.Bytes))));

    /// <summary>A file of <c>tests/Hostile</c>.</summary>
    public static string PathOf(string name) => Path.Combine(Repository.Root, "tests", "Hostile", name);

    /// <summary>The bytes of a file, which are those that its builder makes.</summary>
    public static byte[] BytesOf(string name) => File.ReadAllBytes(PathOf(name));
}
