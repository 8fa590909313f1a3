using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>Takes the named arrays of the lines, in order, and writes them to one file at the end; only their names and sizes are kept in memory.</summary>
internal sealed class NamedArraySink : IDisposable
{
    private readonly ArraySpool spool;
    private readonly List<ArrayShape> shapes = [];

    /// <param name="path">Ends in <c>.npz</c> or <c>.safetensors</c>.</param>
    /// <exception cref="UsageException">It does not.</exception>
    /// <exception cref="IOException">The folder is missing or not writable, or the path is no file.</exception>
    public NamedArraySink(string path)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".npz" or ".safetensors"))
            throw new UsageException($"{path} ends in '{extension}', expected .npz or .safetensors: several arrays a line go there.");
        spool = new ArraySpool(path);
    }

    /// <summary>Adds a line's arrays.</summary>
    public void Add(IEnumerable<KeyValuePair<string, NumpyArray>> lineArrays)
    {
        foreach (var (name, array) in lineArrays)
        {
            spool.Write(array.Bytes);
            shapes.Add(new ArrayShape(name, array.Shape) { TypeCode = array.TypeCode });
        }
    }

    /// <summary>Adds an array that is made while it is written, so that it need not fit into memory.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="typeCode">numpy's code of its type.</param>
    /// <param name="write">Hands on its row-major little-endian bytes, and gives its sizes; none where there is to be no array, of which nothing was handed on.</param>
    /// <returns>Whether there is an array.</returns>
    public bool Add(string name, string typeCode, Func<ArraySpool, long[]> write)
    {
        var shape = write(spool);
        if (shape.Length == 0)
            return false;
        shapes.Add(new ArrayShape(name, shape) { TypeCode = typeCode });
        return true;
    }

    /// <summary>Adds arrays of float32 of one shape that are made side by side while they are written.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="rowCount">The rows of each.</param>
    /// <param name="width">The numbers of a row.</param>
    /// <param name="write">Hands on all their rows, each time some of one array.</param>
    public void AddSideBySide(IReadOnlyList<string> names, long rowCount, int width, Action<ArraySpool.ByteReceiver> write)
    {
        spool.WriteSideBySide(names.Count, rowCount * width * sizeof(float), write);
        shapes.AddRange(names.Select(name => new ArrayShape(name, [rowCount, width]) { TypeCode = "f4" }));
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Complete() => spool.Complete(shapes);

    /// <summary>The name of a line's array: its number from 0, a point, what it is.</summary>
    /// <param name="line">1-based.</param>
    /// <param name="name">What it is.</param>
    public static string Name(long line, string name) => FormattableString.Invariant($"{line - 1}.{name}");

    public void Dispose() => spool.Dispose();
}
