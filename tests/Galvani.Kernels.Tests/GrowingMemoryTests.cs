using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels.Tests;

/// <summary>Contents stay while memory grows, from a few bytes to several large pages.</summary>
public sealed class GrowingMemoryTests
{
    [Fact]
    public void Grow_StepByStep_KeepsWhatIsThereAndTheAlignment()
    {
        using var memory = new GrowingMemory<int>();
        foreach (var count in (int[])[0, 1, 1000, 400_000, 524_287, 524_288, 524_289, 1_048_576, 1_048_577, 5_000_000])
        {
            var before = memory.Count;
            memory.Grow(count);
            Assert.Equal(count, memory.Count);
            for (var i = 0; i < before; i++)
                Assert.Equal(i, memory.Span[i]);
            for (var i = before; i < count; i++)
                memory.Span[i] = i;
            Assert.Equal(0, AddressOf(memory.Span) % 64);
        }
    }

    [Fact]
    public void Grow_FewerThanThereAre_ChangesNothing()
    {
        using var memory = new GrowingMemory<byte>();
        memory.Grow(3_000_000);
        memory.Span[^1] = 7;
        memory.Grow(10);
        Assert.Equal(3_000_000, memory.Count);
        Assert.Equal(7, memory.Span[^1]);
    }

    [Fact]
    public void Dispose_ThenGrow_BeginsAnew()
    {
        var memory = new GrowingMemory<float>();
        memory.Grow(2_000_000);
        memory.Dispose();
        Assert.Equal(0, memory.Count);
        memory.Grow(5);
        memory.Span.Fill(1);
        Assert.Equal(5, memory.Count);
        memory.Dispose();
    }

    private static nint AddressOf(Span<int> span) => Unsafe.ByteOffset(ref Unsafe.NullRef<int>(), ref MemoryMarshal.GetReference(span));
}
