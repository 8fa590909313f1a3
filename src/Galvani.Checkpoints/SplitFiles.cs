namespace Galvani.Checkpoints;

/// <summary>
/// The names of a checkpoint in two parts: <c>BASE.pt</c> without weights, and beside it <c>BASE.NN.safetensors</c> files that hold them, as OpenNMT-py's loader looks
/// for them, or the one <c>BASE.safetensors</c> that its trainer writes.
/// </summary>
public static class SplitFiles
{
    private const string Extension = ".safetensors";
    private const string CheckpointExtension = ".pt";

    /// <summary>The file that the weights of a checkpoint are written to: <c>BASE.00.safetensors</c>.</summary>
    /// <param name="path">The checkpoint.</param>
    public static string WeightsOf(string path) => BaseOf(path) + ".00" + Extension;

    /// <summary>The files beside a checkpoint that would hold its weights.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <returns>Full paths in the order of their numbers; the unnumbered file only where there is no numbered one; empty where there is none. Whatever is named so is listed, a folder, too, so that it is not passed over in silence.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        var numbered = Beside(path, IsNumber).ToList();
        if (numbered.Count > 0)
            return numbered;
        var other = BaseOf(Path.GetFullPath(path)) + Extension;
        return Path.Exists(other) ? [other] : [];
    }

    /// <summary>The files beside a checkpoint that OpenNMT-py's loader would take for its weights, too, by its wider pattern, and that are none of <see cref="Find"/>: what stands between the dots is no number. One with a dot is another checkpoint's.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <returns>Full paths in the order of their names.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> FindUnnumbered(string path) => [.. Beside(path, middle => !IsNumber(middle) && !middle.Contains('.', StringComparison.Ordinal))];

    /// <summary>Where the weights of a checkpoint are looked for, in words.</summary>
    /// <param name="path">The checkpoint.</param>
    public static string Describe(string path)
    {
        var name = Path.GetFileName(BaseOf(path));
        return $"{name}.NN{Extension} or {name}{Extension} beside it";
    }

    private static string BaseOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.EndsWith(CheckpointExtension, StringComparison.OrdinalIgnoreCase) ? path[..^CheckpointExtension.Length] : path;
    }

    /// <summary>The files <c>BASE.MIDDLE.safetensors</c> whose middle is one that is asked for, by name.</summary>
    private static IEnumerable<string> Beside(string path, Func<string, bool> isAskedFor)
    {
        var full = BaseOf(Path.GetFullPath(path));
        var (folder, start) = (Path.GetDirectoryName(full) ?? "/", Path.GetFileName(full) + ".");
        return Directory.EnumerateFileSystemEntries(folder).Where(file => MiddleOf(Path.GetFileName(file), start) is { } middle && isAskedFor(middle)).Order(StringComparer.Ordinal);
    }

    private static string? MiddleOf(string file, string start) =>
        file.Length >= start.Length + Extension.Length && file.StartsWith(start, StringComparison.Ordinal) && file.EndsWith(Extension, StringComparison.Ordinal) ? file[start.Length..^Extension.Length] : null;

    private static bool IsNumber(string middle) => middle.Length > 0 && middle.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
}
