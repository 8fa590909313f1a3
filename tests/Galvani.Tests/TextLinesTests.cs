using System.Text;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Tests;

/// <summary>Files of lines: what is no UTF-8 text of a size that can be, is one error soon.</summary>
public sealed class TextLinesTests
{
    [Fact]
    public void Read_TextWithAByteOrderMark_IsItsLines()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.txt"), [0xEF, 0xBB, 0xBF, .. "a\r\n\nя\tb"u8]);
        Assert.Equal(["a", "", "я\tb"], Lines(folder.File("x.txt")));
        Assert.Equal(["a", "я"], TokenList.Read(folder.File("x.txt")));
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void Read_TextOfAnotherEncoding_IsRefused(string encoding)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.txt"), "a\nb\n", Encoding.GetEncoding(encoding));
        var error = Assert.Throws<InvalidDataException>(() => Lines(folder.File("x.txt")));
        Assert.Contains("is no UTF-8 text, expected a list", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => TokenList.Read(folder.File("x.txt")));
        Assert.Throws<ArgumentException>(() => PhraseTable.Open(folder.File("x.txt")));
    }

    [Fact]
    public void Read_DeviceThatNeverEnds_IsRefusedAfterALine()
    {
        Requirement.Need(File.Exists("/dev/zero"), "a device that never ends");
        var error = Assert.Throws<InvalidDataException>(() => TokenList.Read("/dev/zero"));
        Assert.Contains("has a line of more than 33554432 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreThanTheMost_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.txt"), "a\nb\nc\n");
        Assert.Equal(["a", "b", "c"], TextLines.Read(folder.File("x.txt"), mostBytes: 6, "a list"));
        var error = Assert.Throws<InvalidDataException>(() => TextLines.Read(folder.File("x.txt"), mostBytes: 5, "a list").ToList());
        Assert.Contains("has more than 5 bytes", error.Message, StringComparison.Ordinal);
    }

    private static List<string> Lines(string path) => [.. TextLines.Read(path, mostBytes: 1 << 20, "a list")];
}
