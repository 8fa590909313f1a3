using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

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

    /// <summary>What <c>numpy.savez_compressed</c> writes of arrays with many zeros is read: arrays share nothing, and only their elements together count.</summary>
    [Fact]
    public void Open_ArraysOfNumpyThatUnpackToMore_AreRead()
    {
        const int Count = 120; // of one MiB each, a thirty-second part of which stays
        const int HeaderBytes = 128;
        var random = new Random(1);
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (262144,), }".PadRight(HeaderBytes - 11) + "\n";
        var file = new ZipBuilder();
        for (var i = 0; i < Count; i++)
        {
            var bytes = new byte[HeaderBytes + Elements * sizeof(float)];
            ((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8, 1, 0, HeaderBytes - 10, 0, .. Encoding.ASCII.GetBytes(header)]).CopyTo(bytes);
            random.NextBytes(bytes.AsSpan(HeaderBytes, Elements / 8));
            bytes[^1] = (byte)i;
            file.AddDeflated(FormattableString.Invariant($"{i}.npy"), bytes);
        }

        HostileFile.Open(file.Build(), checkpoint =>
        {
            var arrays = checkpoint.Storages.ToList();
            Assert.Equal(Count, arrays.Count);
            for (var i = 0; i < Count; i++)
                Assert.Equal((byte)i, arrays[i].ReadBytes(Elements * sizeof(float) - 1, 1)[0]);
        });
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
