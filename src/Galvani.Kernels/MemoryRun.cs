namespace Galvani.Kernels;

/// <summary>Bytes that lie one after the other and are only ever fetched into a cache, which no address makes fail: what they belonged to may be gone.</summary>
internal readonly unsafe struct MemoryRun(byte* start, nint byteCount)
{
    /// <summary>The first.</summary>
    public readonly byte* Start = start;

    /// <summary>How many; 0 for nothing.</summary>
    public readonly nint ByteCount = byteCount;

    /// <summary>The part of it that belongs to some of a number of things.</summary>
    public MemoryRun Part(nint first, nint end, nint count)
    {
        var start = ByteCount * Math.Min(first, count) / count;
        return new MemoryRun(Start + start, ByteCount * Math.Min(end, count) / count - start);
    }
}
