namespace Galvani.Checkpoints;

/// <summary>
/// Finds the names that someone may have meant: by the number of single edits (insert, delete, replace, swap neighbours), letters' case
/// counting for little, and by parts that are contained whole.
/// </summary>
public static class NearestNames
{
    private const int LongestCompared = 200;

    /// <summary>The nearest names, best first, none that is too far to have been meant.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="known">What there is.</param>
    /// <param name="count">The most names to give. Default 3.</param>
    public static IReadOnlyList<string> Find(string wanted, IEnumerable<string> known, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0)
            return [];
        var compared = wanted.Length <= LongestCompared ? wanted : wanted[..LongestCompared];
        var best = new List<(int Score, string Name)>(count + 1);
        foreach (var name in known)
        {
            var most = best.Count < count ? int.MaxValue : best[^1].Score - 1;
            if (Score(compared, name, most) is not { } score)
                continue;
            var place = best.FindIndex(other => other.Score > score);
            best.Insert(place < 0 ? best.Count : place, (score, name));
            if (best.Count > count)
                best.RemoveAt(count);
        }

        return [.. best.Select(entry => entry.Name)];
    }

    /// <summary>Edits counted twice, so that case can count half; null where the name is too far or not better than <paramref name="most"/>.</summary>
    private static int? Score(string wanted, string name, int most)
    {
        if (name.Length > LongestCompared || wanted.Length == 0)
            return null;
        var allowed = 2 * Math.Max(1, Math.Max(wanted.Length, name.Length) * 2 / 5);
        if (name.Contains(wanted, StringComparison.OrdinalIgnoreCase) || name.Length >= 3 && wanted.Contains(name, StringComparison.OrdinalIgnoreCase))
        {
            var score = 1 + Math.Min(allowed / 2, Math.Abs(name.Length - wanted.Length) / 4);
            return score <= most ? score : null;
        }

        var limit = Math.Min(allowed, most);
        if (2 * Math.Abs(name.Length - wanted.Length) > limit)
            return null;
        var distance = Distance(wanted, name, limit);
        return distance <= limit ? distance : null;
    }

    /// <summary>Optimal string alignment distance times two; a change of case costs one. Gives up above <paramref name="limit"/>.</summary>
    private static int Distance(string a, string b, int limit)
    {
        Span<int> beforeLast = stackalloc int[b.Length + 1];
        Span<int> last = stackalloc int[b.Length + 1];
        Span<int> current = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            last[j] = 2 * j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = 2 * i;
            var smallest = current[0];
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Math.Min(Math.Min(last[j], current[j - 1]) + 2, last[j - 1] + ReplaceCost(a[i - 1], b[j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost = Math.Min(cost, beforeLast[j - 2] + 2);
                current[j] = cost;
                smallest = Math.Min(smallest, cost);
            }

            if (smallest > limit)
                return int.MaxValue;
            var reused = beforeLast;
            beforeLast = last;
            last = current;
            current = reused;
        }

        return last[b.Length];
    }

    private static int ReplaceCost(char a, char b) =>
        a == b ? 0 : char.ToLowerInvariant(a) == char.ToLowerInvariant(b) ? 1 : 2;
}
