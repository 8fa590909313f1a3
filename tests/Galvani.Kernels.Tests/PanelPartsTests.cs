namespace Galvani.Kernels.Tests;

/// <summary>Every panel once, whoever takes it and from whichever end.</summary>
public sealed class PanelPartsTests
{
    [Fact]
    public void TryTake_OwnPartThenOthers_GivesEveryPanelOnce()
    {
        for (var panelCount = 1; panelCount <= 70; panelCount++)
        {
            for (var partCount = 1; partCount <= Math.Min(5, panelCount); partCount++)
            {
                var parts = new PanelParts();
                parts.Reset(panelCount, partCount);
                var taken = new int[panelCount];
                TakeAll(parts, part: partCount / 2, taken);
                Assert.All(taken, count => Assert.Equal(1, count));
                Assert.All(Enumerable.Range(0, partCount), part => Assert.True(parts.IsTaken(part)));
            }
        }
    }

    [Fact]
    public void TryTake_OwnPart_RunsForwardInGroupsWithSmallerOnesAtTheEnd()
    {
        var parts = new PanelParts();
        parts.Reset(panelCount: 48, partCount: 2);
        var own = new List<IndexRange>();
        while (parts.TryTake(1, isOwn: true, out var panels))
            own.Add(panels);
        Assert.Equal([new(24, 28), new(28, 32), new(32, 36), new(36, 40), new(40, 44), new(44, 46), new(46, 48)], own);
        Assert.False(parts.IsTaken(0));
        Assert.True(parts.TryTake(0, isOwn: false, out var last));
        Assert.Equal(new IndexRange(20, 24), last);
    }

    [Fact]
    public void TryTake_ByThreadsAtOnce_GivesEveryPanelOnce()
    {
        var parts = new PanelParts();
        for (var round = 0; round < 300; round++)
        {
            parts.Reset(panelCount: 97, partCount: 4);
            var taken = new int[97];
            Parallel.For(0, 4, part => TakeAll(parts, part, taken));
            Assert.All(taken, count => Assert.Equal(1, count));
        }
    }

    private static void TakeAll(PanelParts parts, int part, int[] taken)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            while (parts.TryTake((part + i) % parts.Count, isOwn: i == 0, out var panels))
            {
                for (var panel = panels.First; panel < panels.End; panel++)
                    Interlocked.Increment(ref taken[panel]);
            }
        }
    }
}
