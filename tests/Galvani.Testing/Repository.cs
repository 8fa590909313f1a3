using System.Reflection;

namespace Galvani.Testing;

/// <summary>Where the files that tests use are: golden data, samples, sources.</summary>
public static class Repository
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>A path below <c>tests/Golden</c>.</summary>
    public static string Golden(params string[] segments) => Path.Combine([Root, "tests", "Golden", .. segments]);

    /// <summary>A path below <c>samples/ru-en</c>, the bundled sample model.</summary>
    public static string Sample(params string[] segments) => Path.Combine([Root, "samples", "ru-en", .. segments]);

    /// <summary>The golden folders of OpenNMT-py options: those with a <c>model.pt</c> and an <c>expected.npz</c>, in name order.</summary>
    public static IReadOnlyList<string> GoldenOptions { get; } = [.. Directory.GetDirectories(Golden())
        .Where(folder => File.Exists(Path.Combine(folder, "expected.npz")))
        .Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];
}
