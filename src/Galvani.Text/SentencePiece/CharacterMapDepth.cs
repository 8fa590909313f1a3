namespace Galvani.Text.SentencePiece;

/// <summary>
/// The length of the longest rule of a character map, found without trusting it: the units of a hostile map can lead in a
/// circle, and then a look-up would run on to the end of the text at every position.
/// </summary>
internal static class CharacterMapDepth
{
    /// <summary>The result for a map that leads in a circle.</summary>
    public const int Endless = -1;

    private const int Unvisited = -1;
    private const int OnPath = -2;

    /// <summary>
    /// The number of steps of the longest path from the root. Nodes are positions of children ("bases"); unit c with label l can
    /// only be a child of base c xor l, so that every unit is one edge and the search is linear in their number.
    /// </summary>
    /// <param name="root">The root's base.</param>
    /// <param name="sources">For each unit the base that it is a child of; -1 for a unit that is no child.</param>
    /// <param name="targets">For each unit the base of its own children.</param>
    public static int Measure(int root, ReadOnlySpan<int> sources, ReadOnlySpan<int> targets)
    {
        var (starts, edges) = GroupBySource(sources);
        var depths = new int[sources.Length];
        depths.AsSpan().Fill(Unvisited);
        var path = new Stack<(int Base, int NextEdge)>();
        path.Push((root, starts[root]));
        depths[root] = OnPath;
        while (path.TryPop(out var at))
        {
            var edge = at.NextEdge;
            for (; edge < starts[at.Base + 1]; edge++)
            {
                var target = targets[edges[edge]];
                if (depths[target] == OnPath)
                    return Endless;
                if (depths[target] == Unvisited)
                    break;
            }

            if (edge < starts[at.Base + 1])
            {
                var target = targets[edges[edge]];
                depths[target] = OnPath;
                path.Push((at.Base, edge));
                path.Push((target, starts[target]));
                continue;
            }

            var deepest = 0;
            for (edge = starts[at.Base]; edge < starts[at.Base + 1]; edge++)
                deepest = Math.Max(deepest, 1 + depths[targets[edges[edge]]]);
            depths[at.Base] = deepest;
        }

        return depths[root];
    }

    // Counting sort of the units by the base they are a child of.
    private static (int[] Starts, int[] Edges) GroupBySource(ReadOnlySpan<int> sources)
    {
        var starts = new int[sources.Length + 2];
        foreach (var source in sources)
        {
            if (source >= 0)
                starts[source + 2]++;
        }

        for (var i = 2; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        var edges = new int[starts[^1]];
        for (var unit = 0; unit < sources.Length; unit++)
        {
            if (sources[unit] >= 0)
                edges[starts[sources[unit] + 1]++] = unit;
        }

        return (starts, edges);
    }
}
