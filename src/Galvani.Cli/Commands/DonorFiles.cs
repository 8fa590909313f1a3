using Galvani.Checkpoints;
using Galvani.Cli.Hosting;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary>The checkpoints of one command, each file opened once, all closed together.</summary>
/// <param name="limits">Bounds on what a file may make the program do.</param>
internal sealed class DonorFiles(CheckpointLimits limits) : IDisposable
{
    private readonly Dictionary<string, OpenNmtCheckpoint> open = new(StringComparer.Ordinal);

    /// <summary>A checkpoint; null for no path.</summary>
    public OpenNmtCheckpoint? OpenOptional(string? path) => path is null ? null : Open(path);

    public OpenNmtCheckpoint Open(string path)
    {
        var resolved = ModelLocator.Resolve(path);
        var key = Path.GetFullPath(resolved);
        if (!open.TryGetValue(key, out var checkpoint))
            open.Add(key, checkpoint = OpenNmtCheckpoint.Open(resolved, limits));
        return checkpoint;
    }

    public void Dispose()
    {
        foreach (var checkpoint in open.Values)
            checkpoint.Dispose();
    }
}
