using System.Text;
using Galvani.Tests.Models;
using Galvani.Text;

namespace Galvani.Tests;

/// <summary>Ready-made pieces that come one by one: those of the line in one.</summary>
public sealed class GivenPiecesTests
{
    [Theory]
    [InlineData("▁a5 ▁a6")]
    [InlineData("  ▁a5  ▁a6 x\u3000")]
    [InlineData(" \u2003 ")]
    [InlineData("")]
    [InlineData("<unk> \u16A0 ▁a7")]
    public void TakePiecesTo_Line_EqualsTakePieces(string line) => Check(Encoding.UTF8.GetBytes(line));

    [Fact]
    public void TakePiecesTo_BrokenBytesAndLongPieces_EqualTakePieces() => Check([0xFF, (byte)' ', 0xE2, 0x96, (byte)' ', .. Encoding.UTF8.GetBytes(new string('x', 300)), (byte)' ', 0xD0]);

    [Fact]
    public void TakePiecesTo_ModelWithFeatures_GivesItsWords()
    {
        using var golden = new GoldenModel("features-sum");
        var collected = new Collector { Most = 2 };
        golden.Model.TakePiecesTo("▁a5￨F1￨F2 ▁a7￨F1￨F2 ▁a8￨F1￨F2"u8, collected);
        Assert.Equal(["▁a5", "▁a7"], collected.Pieces);
        Assert.Throws<ArgumentException>(() => golden.Model.TakePiecesTo("▁a5"u8, collected));
    }

    [Fact]
    public void TakePiecesTo_ReceiverHasEnough_GetsNoMore()
    {
        using var golden = new GoldenModel("base");
        var collected = new Collector { Most = 1 };
        golden.Model.TakePiecesTo("▁a5 ▁a6"u8, collected);
        Assert.Equal(["▁a5"], collected.Pieces);
    }

    private static void Check(byte[] utf8)
    {
        using var golden = new GoldenModel("base");
        var (expected, collected) = (golden.Model.TakePieces(Encoding.UTF8.GetString(utf8)), new Collector());
        golden.Model.TakePiecesTo(utf8, collected);
        Assert.Equal(expected.Pieces, collected.Pieces);
        Assert.Equal(expected.Ids, collected.Ids);
    }

    private sealed class Collector : IPieceReceiver
    {
        public int Most { get; init; } = int.MaxValue;

        public List<string> Pieces { get; } = [];

        public List<int> Ids { get; } = [];

        public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            Ids.Add(id);
            Pieces.Add(Encoding.UTF8.GetString(utf8));
            return Pieces.Count < Most;
        }

        public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => throw new InvalidOperationException("Pieces that are given come whole.");
    }
}
