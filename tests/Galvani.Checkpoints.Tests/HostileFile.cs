using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests;

/// <summary>Opens files made in a test.</summary>
internal static class HostileFile
{
    /// <summary>The error that a file gives.</summary>
    public static CheckpointFormatException Fail(byte[] file, CheckpointLimits? limits = null) =>
        With(file, path => Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(path, limits)));

    /// <summary>The error that a checkpoint with this pickle gives.</summary>
    public static CheckpointFormatException FailPickle(Action<RawPickle> write, params byte[][] storages) => Fail(ZipBuilder.Torch(RawPickle.Of(write), storages).Build());

    /// <summary>The error that a checkpoint with this whole pickle gives.</summary>
    public static CheckpointFormatException FailPickle(byte[] pickle) => Fail(ZipBuilder.Torch(pickle).Build());

    /// <summary>Opens a checkpoint with this pickle and looks at it.</summary>
    public static void Open(Action<RawPickle> write, Action<Checkpoint> look, params byte[][] storages) =>
        Open(ZipBuilder.Torch(RawPickle.Of(write), storages).Build(), look);

    /// <summary>Opens a file and looks at it.</summary>
    public static void Open(byte[] file, Action<Checkpoint> look, CheckpointLimits? limits = null) => With(file, path =>
    {
        using var checkpoint = Checkpoint.Open(path, limits);
        look(checkpoint);
        return true;
    });

    /// <summary>What a scan of a checkpoint with this pickle gives.</summary>
    public static PickleScan Scan(byte[] pickle) => With(ZipBuilder.Torch(pickle).Build(), path => Checkpoint.Scan(path));

    /// <summary>Puts a file on disk for as long as it is used.</summary>
    public static T With<T>(byte[] file, Func<string, T> use)
    {
        var path = Path.Combine(Path.GetTempPath(), $"galvani-hostile-{Guid.NewGuid():N}.pt");
        File.WriteAllBytes(path, file);
        try
        {
            return use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
