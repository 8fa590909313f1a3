using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>Takes the named arrays of the lines, in order, and writes them to one file at the end.</summary>
internal sealed class NamedArraySink
{
    private readonly string path;
    private readonly bool isNumpy;
    private readonly List<KeyValuePair<string, NumpyArray>> arrays = [];

    /// <param name="path">Ends in <c>.npz</c> or <c>.safetensors</c>.</param>
    public NamedArraySink(string path)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".npz" or ".safetensors"))
            throw new UsageException($"{path} ends in '{extension}', expected .npz or .safetensors: several arrays a line go there.");
        (this.path, isNumpy) = (path, extension == ".npz");
    }

    /// <summary>Adds a line's arrays.</summary>
    public void Add(IEnumerable<KeyValuePair<string, NumpyArray>> lineArrays) => arrays.AddRange(lineArrays);

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Complete()
    {
        if (isNumpy)
            NpzFile.Write(path, arrays);
        else
            SafetensorsFile.Write(path, arrays);
    }

    /// <summary>The name of a line's array: its number from 0, a point, what it is.</summary>
    /// <param name="line">1-based.</param>
    /// <param name="name">What it is.</param>
    public static string Name(long line, string name) => FormattableString.Invariant($"{line - 1}.{name}");
}
