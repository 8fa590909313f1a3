namespace Galvani.Checkpoints.Tests;

/// <summary>Seeded mutations of real files: whatever comes, only our two exceptions, and bounded memory.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Names = ["tree-protocol4", "layouts", "whole-module", "deflated", "newer-records"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Open_MutatedArchive_GivesOnlyOurErrors(int seed)
    {
        var random = new Random(seed);
        foreach (var name in Names)
        {
            var original = File.ReadAllBytes(Repository.Golden("containers", name + ".pt"));
            for (var round = 0; round < 150; round++)
                Try(Mutate(original, random), $"seed {seed}, {name}, round {round}");
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Open_MutatedPickle_GivesOnlyOurErrors(int seed)
    {
        var random = new Random(seed);
        foreach (var name in Names)
        {
            using var checkpoint = Checkpoint.Open(Repository.Golden("containers", name + ".pt"));
            var pickle = checkpoint.ReadPickle().ToArray();
            var storages = new byte[32][];
            Array.Fill(storages, new byte[64]);
            foreach (var storage in checkpoint.Storages)
                storages[int.Parse(storage.Key, System.Globalization.CultureInfo.InvariantCulture)] = storage.ReadBytes(0, (int)storage.ByteCount).ToArray();
            for (var round = 0; round < 250; round++)
                Try(ZipBuilder.Torch(Mutate(pickle, random), storages).Build(), $"seed {seed}, {name}, round {round}");
        }
    }

    private static void Try(byte[] file, string what)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            HostileFile.Open(file, checkpoint =>
            {
                foreach (var tensor in checkpoint.Tensors)
                {
                    if (tensor.View.LogicalBytes < 1 << 20)
                        tensor.View.CopyElements(new byte[tensor.View.LogicalBytes]);
                    checkpoint.Find(tensor.ObjectPath);
                }
            });
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            Assert.NotEmpty(exception.Message);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{what}: {exception}");
        }

        var used = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(used < 400L << 20, $"{what}: {used} bytes allocated");
    }

    /// <summary>A few changes of the kinds that readers trip over: bits, extreme bytes, runs cut, doubled, moved.</summary>
    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 8; change--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 32), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes[at] = random.Next(2) == 0 ? byte.MaxValue : byte.MinValue; break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 5: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
