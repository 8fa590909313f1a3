namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>A file of tokens, one a line; what stands behind a TAB, such as OpenNMT-py's counts, is left out.</summary>
public static class TokenList
{
    private const long MostBytes = 256L << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">UTF-8 text.</param>
    /// <returns>The tokens, each once; blank lines give none.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is over 256 MiB, or no UTF-8, or a line of it is over 32 MiB.</exception>
    public static IReadOnlyCollection<string> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TextLines.Read(path, MostBytes, "a list of tokens, one a line")
            .Select(line => line.IndexOf('\t') is >= 0 and var tab ? line[..tab] : line).Where(token => token.Length > 0).ToHashSet(StringComparer.Ordinal);
    }
}
