namespace Galvani.Kernels;

/// <summary>What is fetched into the caches while a thread works on its part of a product.</summary>
internal readonly struct ReadAhead
{
    private readonly PanelPlace panels;
    private readonly int end;

    /// <param name="panels">The weight.</param>
    /// <param name="end">Where the thread's part of it ends.</param>
    public ReadAhead(PanelPlace panels, int end) => (this.panels, this.end) = (panels, end);

    /// <summary>The weight that is read after the part; null where that is not known.</summary>
    public PanelPlace? Follower { get; init; }

    /// <summary>Where the thread's part of it begins.</summary>
    public int FollowerFirst { get; init; }

    /// <summary>What is read after the whole product: each panel of the product fetches an equal share.</summary>
    public MemoryRun Later { get; init; }

    /// <summary>Some panels of the part; those behind its end are the follower's.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many; fewer where the part ends between them.</param>
    public MemoryRun Panels(int first, int count)
    {
        if (first < end)
            return panels.From(first, Math.Min(count, end - first));
        return Follower is { } follower ? follower.From(FollowerFirst + first - end, count) : default;
    }
}
