using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>Files appear whole or not at all.</summary>
public sealed class AtomicFileTests
{
    [Fact]
    public void Write_ContentThatFails_LeavesTheOldFileAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x"), "old");
        for (var failAt = 0; failAt < 5; failAt++)
        {
            var count = failAt;
            Assert.Throws<IOException>(() => AtomicFile.Write(folder.File("x"), stream =>
            {
                stream.Write(new byte[count * 1000]);
                throw new IOException("no space left");
            }));
            Assert.Equal("old", File.ReadAllText(folder.File("x")));
            Assert.Single(Directory.GetFiles(folder.Root));
        }
    }

    /// <summary>More than what goes to the disk at a time, in pieces of many sizes, and a beginning that is corrected at the end.</summary>
    [Fact]
    public void Write_LargeContent_IsWholeWithWhatWasCorrected()
    {
        const int Total = 70_000_000;
        using var folder = new TemporaryFolder();
        var content = new byte[Total];
        new Random(1).NextBytes(content);
        AtomicFile.Write(folder.File("x"), stream =>
        {
            stream.Write(new byte[128]);
            for (int at = 128, size = 1; at < Total; at += size, size = Math.Min(Total - at, size * 7 % 5_000_011))
                stream.Write(content.AsSpan(at, size));
            Assert.Equal(Total, stream.Position);
            stream.Position = 0;
            stream.Write(content.AsSpan(0, 128));
        });
        Assert.True(File.ReadAllBytes(folder.File("x")).AsSpan().SequenceEqual(content));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void WriteTogether_OneThatFails_LeavesBothOldFilesAndNothingElse(int failing)
    {
        using var folder = new TemporaryFolder();
        string[] paths = [folder.File("a"), folder.File("b")];
        AtomicFile.WriteTogether([.. paths.Select(path => KeyValuePair.Create<string, Action<Stream>>(path, stream => stream.Write("old"u8)))]);
        Assert.Throws<IOException>(() => AtomicFile.WriteTogether([.. paths.Select((path, index) => KeyValuePair.Create<string, Action<Stream>>(path, stream =>
        {
            stream.Write("new"u8);
            if (index == failing)
                throw new IOException("no space left");
        }))]));
        Assert.All(paths, path => Assert.Equal("old", File.ReadAllText(path)));
        Assert.Equal(paths, Directory.GetFiles(folder.Root).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_TemporaryOfADeadWriter_IsRemoved()
    {
        using var folder = new TemporaryFolder();
        var stale = folder.File("x.galvani-2147483646-0123.tmp");
        var alive = folder.File($"x.galvani-{Environment.ProcessId}-0123.tmp");
        File.WriteAllText(stale, "half");
        File.WriteAllText(alive, "half");
        AtomicFile.Write(folder.File("x"), stream => stream.WriteByte(7));
        Assert.False(File.Exists(stale));
        Assert.True(File.Exists(alive));
        Assert.Equal([7], File.ReadAllBytes(folder.File("x")));
    }

    [Fact]
    public void Write_MissingFolder_NamesIt()
    {
        using var folder = new TemporaryFolder();
        var exception = Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(folder.File("none", "x"), _ => { }));
        Assert.Equal($"The folder {folder.File("none")} does not exist.", exception.Message);
    }

    [Fact]
    public void Write_ThroughASymbolicLink_KeepsTheLink()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("target"), "old");
        File.CreateSymbolicLink(folder.File("link"), folder.File("target"));
        AtomicFile.Write(folder.File("link"), stream => stream.WriteByte((byte)'n'));
        Assert.NotNull(new FileInfo(folder.File("link")).LinkTarget);
        Assert.Equal("n", File.ReadAllText(folder.File("target")));
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/stdout")]
    [InlineData("/proc/self/x")]
    [InlineData("/sys/x")]
    public void Write_DeviceOrTheSystemsOwn_IsRefusedNotReplaced(string path)
    {
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream => stream.WriteByte(1)));
        Assert.Throws<IOException>(() => AtomicFile.CheckTarget(path));
        Assert.Equal(0, new FileInfo("/dev/null").Length);
    }

    [Fact]
    public void Write_PipeOrSocket_IsRefusedNotReplaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There are no pipes in folders here.");
        using var folder = new TemporaryFolder();
        using (var maker = System.Diagnostics.Process.Start("mkfifo", [folder.File("pipe")]))
            maker.WaitForExit();
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(folder.File("socket")));
        File.CreateSymbolicLink(folder.File("link"), "pipe");
        foreach (var name in (string[])["pipe", "socket", "link"])
        {
            Assert.Contains("is a pipe or a socket, expected an ordinary file", Assert.Throws<IOException>(() => AtomicFile.Write(folder.File(name), stream => stream.WriteByte(1))).Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => AtomicFile.CheckTarget(folder.File(name)));
        }

        Assert.Equal(3, Directory.GetFileSystemEntries(folder.Root).Length);
    }

    [Fact]
    public void Write_EmptyFileThatMayNotBeWritten_IsReplaced()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), []);
        File.SetAttributes(folder.File("x"), FileAttributes.ReadOnly);
        AtomicFile.Write(folder.File("x"), stream => stream.WriteByte(1));
        Assert.Equal([1], File.ReadAllBytes(folder.File("x")));
    }

    [Fact]
    public void CheckTarget_FolderInTheWay_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<IOException>(() => AtomicFile.CheckTarget(folder.Root));
        AtomicFile.CheckTarget(folder.File("x"));
    }
}
