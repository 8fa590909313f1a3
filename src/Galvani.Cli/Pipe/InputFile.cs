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
    /// <exception cref="CommandException">There is no such file.</exception>
    public static List<string> ReadLines(string path)
    {
        using var stream = Open(path);
        var reader = new LineReader(stream, isStrict: false);
        var lines = new List<string>();
        while (reader.ReadBatch() is { } batch)
            lines.AddRange(batch.Select(line => line.Text));
        return lines;
    }
}
