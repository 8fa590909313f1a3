using System.Globalization;
namespace Galvani.Kernels.Tests;

public sealed class MappedMemoryTests
{
    [Fact]
    public void Slice_AnyRangeInside_HasTheFilesBytes()
    {
        using var folder = new TemporaryFolder();
        var content = Enumerable.Range(0, 10_000).Select(value => (byte)(value * 7)).ToArray();
        File.WriteAllBytes(folder.File("x"), content);
        using var memory = MappedMemory.Open(folder.File("x"));
        Assert.Equal((content.Length, folder.File("x")), ((int)memory.Length, memory.Path));
        Assert.True(memory.Slice(0, content.Length).SequenceEqual(content));
        Assert.True(memory.Slice(4095, 3).SequenceEqual(content.AsSpan(4095, 3)));
        Assert.True(memory.Slice(content.Length, 0).IsEmpty);
        var copy = new byte[100];
        memory.Read(9_900, copy);
        Assert.Equal(content[9_900..], copy);
        using var stream = memory.OpenStream(10, 20);
        var streamed = new byte[20];
        stream.ReadExactly(streamed);
        Assert.Equal(content[10..30], streamed);
        Assert.Equal(-1, stream.ReadByte());
    }

    [Fact]
    public void Of_BytesInMemory_AreHandedOutWhereTheyAre()
    {
        var content = Enumerable.Range(0, 1000).Select(value => (byte)(value * 7)).ToArray();
        using var memory = MappedMemory.Of(content.AsMemory(100, 800), "name");
        Assert.Equal((800, "name", false), ((int)memory.Length, memory.Path, memory.IsFile));
        Assert.True(content.AsSpan().Overlaps(memory.Slice(10, 20), out var offset) && offset == 110);
        var copy = new byte[100];
        memory.Read(700, copy);
        Assert.Equal(content[800..900], copy);
        using var stream = memory.OpenStream(10, 20);
        var streamed = new byte[20];
        stream.ReadExactly(streamed);
        Assert.Equal(content[110..130], streamed);
        memory.PreferLargePages();
        memory.ReleasePages();
        Assert.Equal((byte)(100 * 7 % 256), memory.Slice(0, 800)[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(799, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(701, copy));
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Read(0, copy));
    }

    [Fact]
    public void ReleasePages_BytesOfAFile_AreReadAgainAndTakeNoMemoryUntilThen()
    {
        const int Bytes = 64 << 20;
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells what is resident of a file");
        using var folder = new TemporaryFolder();
        var content = new byte[Bytes];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(folder.File("x"), content);
        using var memory = MappedMemory.Open(folder.File("x"));
        Assert.True(memory.Slice(0, Bytes).SequenceEqual(content));
        Assert.InRange(ResidentBytes(folder.File("x")), Bytes / 2, Bytes);
        memory.ReleasePages();
        Assert.Equal(0, ResidentBytes(folder.File("x")));
        Assert.True(memory.Slice(0, Bytes).SequenceEqual(content));
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(memory.ReleasePages);
    }

    /// <summary>What of a mapped file counts as this process's memory, as /proc/self/smaps tells it.</summary>
    private static long ResidentBytes(string path)
    {
        var lines = File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.EndsWith(path, StringComparison.Ordinal));
        var resident = lines.First(line => line.StartsWith("Rss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return 1024 * long.Parse(resident, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 11)]
    [InlineData(10, 1)]
    [InlineData(11, 0)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(5, int.MaxValue)]
    public void AnyReader_RangeOutside_IsRefused(long offset, int count)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), new byte[10]);
        using var memory = MappedMemory.Open(folder.File("x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(offset, count));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.OpenStream(offset, count));
    }

    [Fact]
    public void Open_EmptyFile_HasNoBytes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), []);
        using var memory = MappedMemory.Open(folder.File("x"));
        Assert.Equal(0, memory.Length);
        Assert.True(memory.Slice(0, 0).IsEmpty);
    }

    [Fact]
    public void Slice_AfterDispose_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), new byte[10]);
        var memory = MappedMemory.Open(folder.File("x"));
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Slice(0, 1));
        Assert.Throws<ObjectDisposedException>(() => memory.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => memory.OpenStream(0, 1));
    }

    [Fact]
    public void Open_MissingFile_IsAnIoError() => Assert.ThrowsAny<IOException>(() => MappedMemory.Open("/no/such/file"));

    [Fact]
    public void Slice_BeyondTwoGibibytes_Works()
    {
        using var folder = new TemporaryFolder();
        const long Length = (2L << 30) + 10;
        using (var stream = new FileStream(folder.File("x"), FileMode.CreateNew))
        {
            stream.SetLength(Length); // sparse: takes no room
            stream.Position = Length - 1;
            stream.WriteByte(42);
        }

        using var memory = MappedMemory.Open(folder.File("x"));
        Assert.Equal(42, memory.Slice(Length - 1, 1)[0]);
    }

    /// <summary>Large reads are shared by threads: they give the same bytes, and the same error.</summary>
    [Fact]
    public void Read_LargeRange_EqualsTheFileAndSaysWhereItWasCut()
    {
        using var folder = new TemporaryFolder();
        var content = new byte[5_000_003];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(folder.File("x"), content);
        using var memory = MappedMemory.Open(folder.File("x"));
        foreach (var (from, count) in ((int, int)[])[(0, content.Length), (7, 1 << 20), (12_345, 3_000_001), (4_999_990, 13)])
        {
            var read = new byte[count];
            memory.Read(from, read);
            Assert.True(read.AsSpan().SequenceEqual(content.AsSpan(from, count)));
        }

        using (var cut = System.Diagnostics.Process.Start("truncate", ["-s", "2000000", folder.File("x")])) // this process holds a lock that keeps itself from it
            cut.WaitForExit();
        var exception = Assert.Throws<EndOfStreamException>(() => memory.Read(0, new byte[content.Length]));
        Assert.Contains("it had 5000003 bytes when it was opened", exception.Message, StringComparison.Ordinal);
    }
}
