using Galvani.Kernels;

namespace Galvani.Models;

/// <summary>
/// Scratch memory of one call at a time: spans are taken one after the other and given back together, so that a pass allocates nothing once the workspace has grown to its size.
/// Not safe for use by several threads.
/// </summary>
internal sealed class Workspace : IDisposable
{
    private const int SmallestChunk = 1 << 14;
    private readonly Pool<float> numbers = new();
    private readonly Pool<int> indices = new();
    private readonly Stack<GrowingMemory<float>> memories = [];
    private readonly Action<Workspace>? giveBack;

    /// <param name="threads">Share the work; null for the calling thread alone. Owned.</param>
    /// <param name="giveBack">Gets the workspace when it is disposed, to be used again; null: it ends.</param>
    public Workspace(WorkerPool? threads = null, Action<Workspace>? giveBack = null)
    {
        (Threads, this.giveBack) = (threads, giveBack);
        Products = new ProductWorkspace(threads);
        Attention = new AttentionRun(threads);
    }

    /// <summary>The threads that share the work; null for the calling thread alone.</summary>
    public WorkerPool? Threads { get; }

    /// <summary>What products need.</summary>
    public ProductWorkspace Products { get; }

    /// <summary>What attention needs.</summary>
    public AttentionRun Attention { get; }

    /// <summary>Numbers whose contents are whatever was there before; valid until the enclosing scope ends.</summary>
    public Span<float> Take(int count) => numbers.Take(count);

    /// <summary>Integers whose contents are whatever was there before; valid until the enclosing scope ends.</summary>
    public Span<int> TakeIndices(int count) => indices.Take(count);

    /// <summary>Memory for what lasts longer than a scope, a batch's keys and values: as large as it was when it was given back.</summary>
    public GrowingMemory<float> RentMemory() => memories.TryPop(out var memory) ? memory : new GrowingMemory<float>();

    /// <summary>Takes rented memory back; it must not be used any more.</summary>
    public void ReturnMemory(GrowingMemory<float> memory) => memories.Push(memory);

    /// <summary>Ends the use; a scope that an exception left open ends, too.</summary>
    public void Dispose()
    {
        numbers.Release((0, 0));
        indices.Release((0, 0));
        if (giveBack is null)
            End();
        else
            giveBack(this);
    }

    /// <summary>Ends the threads and gives the memory back.</summary>
    public void End()
    {
        Threads?.Dispose();
        while (memories.TryPop(out var memory))
            memory.Dispose();
    }

    /// <summary>Opens a scope: what is taken until it is disposed is given back then.</summary>
    public Scope Open() => new(this);

    /// <summary>What was taken since the scope was opened.</summary>
    public readonly ref struct Scope
    {
        private readonly Workspace workspace;
        private readonly (int Chunk, int Used) numbersMark;
        private readonly (int Chunk, int Used) indicesMark;

        internal Scope(Workspace workspace) =>
            (this.workspace, numbersMark, indicesMark) = (workspace, workspace.numbers.Mark, workspace.indices.Mark);

        /// <summary>Gives everything back.</summary>
        public void Dispose()
        {
            workspace.numbers.Release(numbersMark);
            workspace.indices.Release(indicesMark);
        }
    }

    /// <summary>Chunks that are filled one after the other. Spans stay valid when a chunk is added, as chunks never move.</summary>
    private sealed class Pool<T>
    {
        private readonly List<T[]> chunks = [];
        private int chunk;
        private int used;

        public (int Chunk, int Used) Mark => (chunk, used);

        public Span<T> Take(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            while (chunk < chunks.Count && chunks[chunk].Length - used < count)
                (chunk, used) = (chunk + 1, 0);
            if (chunk == chunks.Count)
                chunks.Add(new T[Math.Max(count, chunks.Count == 0 ? SmallestChunk : (int)Math.Min(2L * chunks[^1].Length, Array.MaxLength))]);
            used += count;
            return chunks[chunk].AsSpan(used - count, count);
        }

        /// <summary>Goes back to a mark; at the beginning, several chunks become one of their size, so that the next pass finds room in it.</summary>
        public void Release((int Chunk, int Used) mark)
        {
            (chunk, used) = mark;
            if (mark != (0, 0) || chunks.Count < 2)
                return;
            var total = Math.Min(chunks.Sum(item => (long)item.Length), Array.MaxLength);
            chunks.Clear();
            chunks.Add(new T[total]);
        }
    }
}
