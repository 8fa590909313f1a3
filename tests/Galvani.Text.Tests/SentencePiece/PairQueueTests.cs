using Galvani.Text.SentencePiece;

namespace Galvani.Text.Tests.SentencePiece;

/// <summary>The best of the pairs after any changes.</summary>
public sealed class PairQueueTests
{
    [Fact]
    public void TryGetBest_AfterAnyChanges_IsTheHighestScoreAndOfEqualOnesTheLeftmost()
    {
        var random = new Random(17);
        var queue = new PairQueue();
        int[] counts = [1, 2, 15, 16, 17, 255, 256, 257, 300, 4096, 4097, 70_000];
        foreach (var count in counts)
        {
            queue.Clear(count);
            var scores = new float?[count];
            for (var change = 0; change < 400; change++)
            {
                var place = random.Next(4) == 0 ? random.Next(count) : Math.Min(count - 1, random.Next(40));
                scores[place] = random.Next(3) == 0 ? null : random.Next(-4, 5) * (random.Next(2) == 0 ? 1f : 1e30f);
                if (scores[place] is { } score)
                    queue.Set(place, score);
                else
                    queue.Remove(place);
                AssertBest(scores, queue);
            }

            while (queue.TryGetBest(out var best, CancellationToken.None))
            {
                AssertBest(scores, queue);
                scores[best] = null;
                queue.Remove(best);
            }

            Assert.All(scores, score => Assert.Null(score));
        }
    }

    /// <summary>Both zeros are one score.</summary>
    [Fact]
    public void TryGetBest_ZerosOfBothSigns_AreEqual()
    {
        var queue = new PairQueue();
        queue.Clear(20);
        queue.Set(18, 0f);
        queue.Set(2, -0f);
        queue.Set(1, -float.Epsilon);
        Assert.True(queue.TryGetBest(out var place, CancellationToken.None));
        Assert.Equal(2, place);
    }

    [Fact]
    public void Clear_AfterUse_LeavesNothing()
    {
        var queue = new PairQueue();
        queue.Clear(1000);
        queue.Set(999, 1f);
        queue.Clear(900);
        Assert.False(queue.TryGetBest(out _, CancellationToken.None));
        queue.Clear(0);
        Assert.False(queue.TryGetBest(out _, CancellationToken.None));
    }

    private static void AssertBest(float?[] scores, PairQueue queue)
    {
        var expected = -1;
        for (var place = 0; place < scores.Length; place++)
        {
            if (scores[place] is { } score && (expected < 0 || score > scores[expected]))
                expected = place;
        }

        Assert.Equal(expected >= 0, queue.TryGetBest(out var best, CancellationToken.None));
        if (expected >= 0)
            Assert.Equal(expected, best);
    }
}
