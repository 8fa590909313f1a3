namespace Galvani.Testing;

/// <summary>A folder of its own for a test, removed with what is in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("galvani-test-").FullName;

    /// <summary>A path in the folder.</summary>
    public string File(params string[] segments) => Path.Combine([Root, .. segments]);

    /// <summary>Removes the folder.</summary>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
