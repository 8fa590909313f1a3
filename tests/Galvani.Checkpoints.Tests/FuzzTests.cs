using Galvani.Testing.Fuzzing;

namespace Galvani.Checkpoints.Tests;

/// <summary>Seeded mutations of real files: whatever comes, only our two exceptions, and bounded memory.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Names = ["tree-protocol4", "layouts", "whole-module", "deflated", "newer-records"];

    public static TheoryData<string> Sources => [.. FuzzSource.Checkpoints.Select(source => source.Name)];

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
                Try(ByteMutator.Mutate(original, random), $"seed {seed}, {name}, round {round}");
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
                Try(ZipBuilder.Torch(ByteMutator.Mutate(pickle, random), storages).Build(), $"seed {seed}, {name}, round {round}");
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Open_GeneratedFile_GivesOnlyOurErrors(string name)
    {
        const int Seed = 7;
        var source = FuzzSource.Checkpoints.Single(source => source.Name == name);
        for (var index = 0; index < 400; index++)
            Try(source.CaseOf(Seed, index), $"seed {Seed}, {name}, case {index}");
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

    /// <summary>The long run's guard: a reader that waits is noticed after a minute of looks, one that works or gets on is not, nor a run that is between two cases.</summary>
    [Theory]
    [InlineData(0, false, 7, true)]
    [InlineData(25, false, 7, false)]
    [InlineData(0, true, 7, false)]
    [InlineData(0, false, -1, false)]
    public void Standstill_SixtyLooks_IsWorkThatNeitherUsesTheProcessorNorGetsOn(int usedMilliseconds, bool getsOn, int index, bool expected)
    {
        var standstill = new Standstill();
        var used = TimeSpan.FromSeconds(5);
        Assert.False(standstill.Look(index, used));
        for (var look = 1; look < 60; look++)
            Assert.False(standstill.Look(getsOn ? index + look : index, used += TimeSpan.FromMilliseconds(usedMilliseconds)), $"look {look}");
        Assert.Equal(expected, standstill.Look(getsOn ? index + 60 : index, used + TimeSpan.FromMilliseconds(usedMilliseconds)));
    }
}
