using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Where the panels of a weight lie, to be fetched into a cache. Remembered by others, it keeps nothing alive.</summary>
internal sealed unsafe class PanelPlace
{
    private readonly byte* start;
    private readonly nint panelBytes;

    /// <param name="content">All panels; memory that does not move.</param>
    /// <param name="panelCount">How many.</param>
    public PanelPlace(ReadOnlySpan<byte> content, int panelCount)
    {
        start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(content));
        panelBytes = content.Length / Math.Max(1, panelCount);
        Count = panelCount;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Some panels, as far as there are so many.</summary>
    public MemoryRun From(int first, int count) => new(start + first * panelBytes, Math.Clamp(Count - first, 0, count) * panelBytes);
}
