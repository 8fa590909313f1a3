using Galvani.Models;

namespace Galvani.Tests.Models;

public sealed class WorkspaceTests
{
    [Fact]
    public void Take_InNestedScopes_NeverHandsOutTheSamePlaceTwice()
    {
        var workspace = new Workspace();
        using var outer = workspace.Open();
        var first = workspace.Take(10);
        first.Fill(1);
        using (workspace.Open())
        {
            var large = workspace.Take(1 << 20); // a chunk of its own
            large.Fill(2);
            Assert.Equal(1, first[9]);
        }

        workspace.Take(10).Fill(3);
        Assert.Equal(1, first[0]);
    }

    [Fact]
    public void Take_AfterTheFirstPass_AllocatesNothing()
    {
        var workspace = new Workspace();
        var allocated = long.MaxValue;
        for (var pass = 0; pass < 8; pass++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            using (workspace.Open())
            {
                for (var i = 0; i < 20; i++)
                {
                    workspace.Take(5000);
                    workspace.TakeIndices(3000);
                }
            }

            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
        Assert.Throws<ArgumentOutOfRangeException>(() => { workspace.Take(-1); });
    }
}
