using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>Deflated storages are unpacked once, in whatever order they are read, and count as memory of the file.</summary>
public sealed class DeflatedStoragesTests
{
    private const int Elements = 1 << 18;

    [Fact]
    public void ReadBytes_StoragesInTurn_UnpacksEachOnce() => HostileFile.Open(File(count: 3), checkpoint =>
    {
        var storages = checkpoint.Storages.ToList();
        for (var i = 0; i < storages.Count; i++)
            Assert.Equal((byte)i, storages[i].ReadBytes(Elements, 1)[0]);
        ref var first = ref MemoryMarshal.GetReference(storages[0].ReadBytes(0, 1));
        GC.Collect();
        Assert.Equal(2, storages[2].ReadBytes(0, 1)[0]);
        Assert.True(Unsafe.AreSame(ref first, ref MemoryMarshal.GetReference(storages[0].ReadBytes(0, 1))));
    });

    /// <summary>Each is within the limits of one entry; together they are not.</summary>
    [Fact]
    public void Open_StoragesThatUnpackToMoreThanTheFileIsGranted_NamesTheLimit()
    {
        const int Count = 70; // of one MiB each; granted are 64 MiB, and four times the file
        var error = HostileFile.Fail(File(Count));
        Assert.Contains("The object tree and the unpacked storages take more than", error.Message, StringComparison.Ordinal);
        Assert.Contains("(MemoryRatio)", error.Message, StringComparison.Ordinal);
        HostileFile.Open(File(Count - 10), checkpoint => Assert.Equal(Count - 10, checkpoint.Tensors.Count));
    }

    private static byte[] File(int count)
    {
        var file = new ZipBuilder().Add("a/data.pkl", RawPickle.Of(pickle =>
        {
            pickle.Op("](");
            for (var i = 0; i < count; i++)
                pickle.Tensor(FormattableString.Invariant($"{i}"), Elements, 0, [4], [1]);
            pickle.Op('e');
        }));
        for (var i = 0; i < count; i++)
        {
            var bytes = new byte[Elements * sizeof(float)];
            bytes.AsSpan().Fill((byte)i);
            file.AddDeflated(FormattableString.Invariant($"a/data/{i}"), bytes);
        }

        return file.Build();
    }
}
