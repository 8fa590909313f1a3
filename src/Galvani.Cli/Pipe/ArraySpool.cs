using Galvani.Checkpoints.Writing;

namespace Galvani.Cli.Pipe;

/// <summary>Numbers on their way into a file of arrays, in a temporary file beside it that disappears with the program, so that memory does not grow with them.</summary>
internal sealed class ArraySpool : IDisposable
{
    private readonly string path;
    private readonly string extension;
    private readonly FileStream file;

    /// <param name="path">The file that will be written.</param>
    /// <exception cref="IOException">The folder is missing or not writable, or the path is no file.</exception>
    public ArraySpool(string path)
    {
        AtomicFile.CheckTarget(path);
        (this.path, extension) = (path, Path.GetExtension(path).ToLowerInvariant());
        file = new FileStream(
            Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.rows"),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.DeleteOnClose);
    }

    /// <summary>Takes the bytes of the next numbers.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => file.Write(bytes);

    /// <summary>Makes room for several arrays of one size, which are filled side by side, each from its beginning to its end.</summary>
    /// <param name="count">How many arrays.</param>
    /// <param name="bytesEach">The bytes of each.</param>
    /// <param name="fill">Hands on all of their bytes.</param>
    public void WriteSideBySide(int count, long bytesEach, Action<ByteReceiver> fill)
    {
        var start = file.Position;
        var positions = Enumerable.Range(0, count).Select(index => start + index * bytesEach).ToArray();
        fill((index, bytes) =>
        {
            file.Position = positions[index];
            file.Write(bytes);
            positions[index] += bytes.Length;
        });
        file.Position = start + count * bytesEach;
    }

    /// <summary>Takes the next bytes of the array with an index.</summary>
    public delegate void ByteReceiver(int index, ReadOnlySpan<byte> bytes);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="arrays">The arrays that the bytes taken so far are, in order.</param>
    public void Complete(IReadOnlyList<ArrayShape> arrays)
    {
        file.Position = 0;
        ArrayStream.WriteMany(path, extension, arrays, file);
    }

    public void Dispose() => file.Dispose();
}
