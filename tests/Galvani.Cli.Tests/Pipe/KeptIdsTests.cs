using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

public sealed class KeptIdsTests
{
    [Fact]
    public void Send_IdsOfEverySize_GivesThemBack()
    {
        int[] ids = [.. Enumerable.Range(0, 31).SelectMany(bit => (int[])[1 << bit, (1 << bit) - 1]), int.MaxValue, .. Enumerable.Range(0, 300_000)]; // of several blocks
        var kept = new KeptIds();
        var sent = new List<int>();
        kept.Send(sent.Add);
        Assert.Empty(sent);
        foreach (var id in ids)
            kept.Add(id);
        Assert.True(kept.HasAll);
        kept.Send(sent.Add);
        Assert.Equal(ids, sent);
    }

    [Fact]
    public void HasAll_MoreThanIsKept_IsFalse()
    {
        var kept = new KeptIds();
        for (var i = 0; i < 14_000_000; i++)
            kept.Add(int.MaxValue); // five bytes each
        Assert.False(kept.HasAll);
    }
}
