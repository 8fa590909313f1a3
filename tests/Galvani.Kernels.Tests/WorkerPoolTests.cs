namespace Galvani.Kernels.Tests;

/// <summary>Every chunk once, whoever does it; under contention, with faults, from many callers.</summary>
public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_ManyJobs_DoesEveryChunkOnce(int threadCount)
    {
        using var pool = new WorkerPool(threadCount);
        for (var job = 0; job < 3000; job++)
        {
            var work = new Counter(job % 37);
            pool.Run(work, job % 37);
            Assert.All(work.Done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Run_WithPausesBetween_WakesHelpersThatSleep()
    {
        using var pool = new WorkerPool(3);
        for (var job = 0; job < 50; job++)
        {
            Thread.Sleep(2); // longer than a helper spins
            var work = new Meeting(participantCount: 3);
            pool.Run(work, 3);
            Assert.Equal(3, work.Threads.Distinct().Count());
        }
    }

    [Fact]
    public void Run_CoresTakenByOthers_StillEnds()
    {
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(SpinUntilStopped) { IsBackground = true, Priority = ThreadPriority.AboveNormal }).ToArray();
        foreach (var other in others)
            other.Start();
        using (var pool = new WorkerPool(4))
        {
            for (var job = 0; job < 200; job++)
            {
                var work = new Counter(16);
                pool.Run(work, 16);
                Assert.All(work.Done, count => Assert.Equal(1, count));
            }
        }

        stop.Cancel();
        foreach (var other in others)
            other.Join();

        void SpinUntilStopped()
        {
            while (!stop.IsCancellationRequested)
                Thread.SpinWait(1000);
        }
    }

    [Fact]
    public void Run_ManyCallersAtOnce_DoesEveryChunkOnce()
    {
        using var pool = new WorkerPool(3);
        var faults = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var job = 0; job < 500; job++)
            {
                var work = new Counter(11);
                pool.Run(work, 11);
                if (work.Done.Any(count => count != 1))
                    Interlocked.Increment(ref faults);
            }
        })).ToArray();
        foreach (var caller in callers)
            caller.Start();
        foreach (var caller in callers)
            caller.Join();
        Assert.Equal(0, faults);
    }

    [Fact]
    public void Run_ChunkThatThrows_ThrowsItAndThePoolGoesOn()
    {
        using var pool = new WorkerPool(3);
        for (var job = 0; job < 200; job++)
        {
            Assert.Equal("chunk 5", Assert.Throws<InvalidOperationException>(() => pool.Run(new Thrower(5), 20)).Message);
            var work = new Counter(20);
            pool.Run(work, 20);
            Assert.All(work.Done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Run_AfterWarmUp_AllocatesNothing()
    {
        using var pool = new WorkerPool(2);
        var work = new Counter(64);
        for (var job = 0; job < 100; job++)
            pool.Run(work, 64);
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (var job = 0; job < 1000; job++)
                pool.Run(work, 64);
        }));
    }

    [Fact]
    public void Run_AfterDispose_IsRefused()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(new Counter(2), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));
    }

    private sealed class Counter(int chunkCount) : IParallelWork
    {
        public int[] Done { get; } = new int[chunkCount];

        public void Run(int chunk) => Interlocked.Increment(ref Done[chunk]);
    }

    private sealed class Thrower(int at) : IParallelWork
    {
        public void Run(int chunk)
        {
            if (chunk == at)
                throw new InvalidOperationException($"chunk {chunk}");
        }
    }

    /// <summary>Each chunk waits until all are under way: they end only when as many threads take part.</summary>
    private sealed class Meeting(int participantCount) : IParallelWork
    {
        private int arrivedCount;

        public int[] Threads { get; } = new int[participantCount];

        public void Run(int chunk)
        {
            Threads[chunk] = Environment.CurrentManagedThreadId;
            Interlocked.Increment(ref arrivedCount);
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref arrivedCount) == participantCount, TimeSpan.FromSeconds(30)));
        }
    }
}
