using System.Globalization;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// Writes files whole or not at all: into a sibling temporary, flushed to disk, then renamed. What a killed writer left behind is removed by the next
/// write to the same path. The path may be the file that is being read: its map keeps the old content.
/// </summary>
public static class AtomicFile
{
    private const string Marker = ".galvani-";
    private const string Extension = ".tmp";

    /// <summary>Where files are devices, pipes and the system's own: renaming onto one would replace it.</summary>
    private static readonly string[] SystemFolders = ["/dev/", "/proc/", "/sys/"];

    private const string SharedMemory = "/dev/shm/";

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; a symbolic link is followed, so that the link stays one.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The folder is missing or not writable, the path is a device, a pipe or a socket, or the disk is full; nothing is left behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        WriteTogether([new(path, write)]);
    }

    /// <summary>Writes files that belong together: all are complete and on the disk before the first takes its place, one right behind the other in the order given. A kill
    /// between two renames leaves the first files new and the others old, each whole.</summary>
    /// <param name="files">The files and what writes their content.</param>
    /// <exception cref="IOException">As with <see cref="Write"/>; nothing is left behind.</exception>
    public static void WriteTogether(IReadOnlyList<KeyValuePair<string, Action<Stream>>> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var targets = files.Select(file => Resolve(file.Key)).ToList();
        targets.ForEach(CheckResolved);
        targets.ForEach(RemoveStale);
        var temporaries = targets.Select(target => string.Create(CultureInfo.InvariantCulture, $"{target}{Marker}{Environment.ProcessId}-{Guid.NewGuid():N}{Extension}")).ToList();
        try
        {
            for (var i = 0; i < files.Count; i++)
            {
                using var stream = new WriteBehindStream(temporaries[i], OptionsFor(targets[i]));
                files[i].Value(stream);
                stream.FlushToDisk();
            }

            MoveTogether(temporaries, targets);
        }
        catch
        {
            temporaries.ForEach(File.Delete);
            throw;
        }
    }

    /// <summary>
    /// Renames files one right behind the other. Of several the old ones are held open meanwhile: to replace a large file takes as long as the system needs to give its blocks back, and a kill in
    /// that time would leave new files beside old ones.
    /// </summary>
    private static void MoveTogether(List<string> temporaries, List<string> targets)
    {
        var replaced = targets.Count == 1 ? [] : targets.ConvertAll(Hold);
        try
        {
            for (var i = 0; i < targets.Count; i++)
                File.Move(temporaries[i], targets[i], overwrite: true);
        }
        finally
        {
            replaced.ForEach(file => file?.Dispose());
        }
    }

    /// <summary>An old file, open; null where there is none, where it may not be read, and on Windows, where an open file cannot be replaced.</summary>
    private static FileStream? Hold(string target)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(target))
            return null;
        try
        {
            return new FileStream(target, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Tells before a long work whether <see cref="Write"/> would refuse the path.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The folder is missing, or the path is a folder, a device, a pipe or a socket.</exception>
    public static void CheckTarget(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckResolved(Resolve(path));
    }

    private static void CheckResolved(string target)
    {
        if (Directory.Exists(target))
            throw new IOException($"{target} is a folder, expected a file to write.");
        if (Path.GetDirectoryName(target) is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder {folder} does not exist.");
        if (SystemFolders.Any(system => target.StartsWith(system, StringComparison.Ordinal)) && !target.StartsWith(SharedMemory, StringComparison.Ordinal))
            throw new IOException($"{target} is a device or the system's own, expected an ordinary file: it would be replaced.");
        if (IsPipe(target))
            throw new IOException($"{target} is a pipe or a socket, expected an ordinary file: it would be replaced.");
    }

    /// <summary>Whether a path is a pipe or a socket. The system tells no bytes of these; opened for reading, too, a pipe does not wait for a reader, and cannot be sought in; a socket cannot be opened.</summary>
    private static bool IsPipe(string target)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(target) || new FileInfo(target).Length > 0)
            return false;
        try
        {
            using var stream = new FileStream(target, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return !stream.CanSeek;
        }
        catch (UnauthorizedAccessException)
        {
            return false; // an empty file that may not be written into may still be replaced
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static FileStreamOptions OptionsFor(string target)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows() && File.Exists(target))
            options.UnixCreateMode = File.GetUnixFileMode(target);
        return options;
    }

    private static string Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    /// <summary>Removes temporaries of writers that no longer run.</summary>
    private static void RemoveStale(string target)
    {
        var prefix = Path.GetFileName(target) + Marker;
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(target)!))
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal) && !IsAlive(name[prefix.Length..]))
                File.Delete(file);
        }
    }

    private static bool IsAlive(string rest)
    {
        if (!int.TryParse(rest.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return true;
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
