using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>Files of lines.</summary>
internal static class InputFile
{
    /// <summary>Opens a file of lines.</summary>
    /// <exception cref="CommandException">There is no such file.</exception>
    public static FileStream Open(string path)
    {
        if (!File.Exists(path))
            throw new CommandException(Directory.Exists(path) ? $"{path} is a folder, expected a file of lines." : $"There is no file {path}.");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
    }

    /// <summary>All lines of a file, each broken byte as U+FFFD.</summary>
    /// <param name="path">The file.</param>
    /// <param name="brokenCount">Gets the number of lines with broken UTF-8.</param>
    /// <exception cref="CommandException">There is no such file.</exception>
    public static List<string> ReadLines(string path, out long brokenCount)
    {
        using var stream = Open(path);
        var reader = new LineReader(stream, isStrict: false);
        var lines = new List<string>();
        while (reader.ReadBatch() is { } batch)
            lines.AddRange(batch.Select(line => line.Text));
        brokenCount = reader.BrokenCount;
        return lines;
    }
}
