using Galvani.Checkpoints.Numpy;

namespace Galvani.Tests;

/// <summary>The lines of the sample for which OpenNMT-py's forward pass was recorded.</summary>
internal static class SampleLines
{
    private static readonly string[][] Rows = [.. File.ReadAllLines(Repository.Sample("expected-lines.txt")).Select(line => line.Split('\t'))];
    private static readonly IReadOnlyDictionary<string, NumpyArray> Arrays = NpzFile.Read(Repository.Sample("expected.npz"));

    public static int Count => Rows.Length;

    public static string Source(int line) => Rows[line][1];

    public static string Target(int line) => Rows[line][2];

    public static float[] Expected(int line, string name) => Arrays[FormattableString.Invariant($"{line}.{name}")].ToSingles();

    public static long[] ExpectedIds(int line, string name) => Arrays[FormattableString.Invariant($"{line}.{name}")].ToInt64s();
}
