namespace Galvani.Kernels.Tests;

public sealed class WriteBackTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 10_000)]
    [InlineData(4096, 100)]
    [InlineData(20_000, 5)]
    [InlineData(long.MaxValue, 5)]
    public void Begin_AnyPartOfAFile_LeavesItsBytes(long offset, long count)
    {
        using var folder = new TemporaryFolder();
        var content = Enumerable.Range(0, 10_000).Select(value => (byte)(value * 7)).ToArray();
        using (var stream = new FileStream(folder.File("x"), FileMode.CreateNew))
        {
            stream.Write(content);
            stream.Flush();
            WriteBack.Begin(stream.SafeFileHandle, offset, count);
        }

        Assert.Equal(content, File.ReadAllBytes(folder.File("x")));
    }

    [Fact]
    public void Begin_WhatIsNoPart_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var stream = new FileStream(folder.File("x"), FileMode.CreateNew);
        var handle = stream.SafeFileHandle;
        Assert.Throws<ArgumentNullException>(() => WriteBack.Begin(null!, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteBack.Begin(handle, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteBack.Begin(handle, 0, -1));
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => WriteBack.Begin(handle, 0, 1));
    }
}
