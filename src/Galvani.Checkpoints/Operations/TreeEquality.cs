using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Operations;

/// <summary>Equality of object trees by value, as Python's <c>==</c> of plain data: mappings and sets in any order. Tensors are equal only to themselves.</summary>
public static class TreeEquality
{
    /// <summary>Whether two trees are equal.</summary>
    /// <param name="first">A tree.</param>
    /// <param name="second">A tree.</param>
    public static bool AreEqual(PickleValue first, PickleValue second) => AreEqual(first, second, []);

    private static bool AreEqual(PickleValue first, PickleValue second, HashSet<(PickleValue, PickleValue)> seen)
    {
        if (ReferenceEquals(first, second) || !seen.Add((first, second)))
            return true; // a pair that was met before: had it been unequal, the whole would be, and if it is still being compared, it is equal if the rest is
        return (first, second) switch
        {
            (PickleList a, PickleList b) => AreEqual(a.Items, b.Items, seen),
            (PickleTuple a, PickleTuple b) => AreEqual(a.Items, b.Items, seen),
            (PickleSet a, PickleSet b) => a.Items.Count == b.Items.Count && a.Items.ToHashSet(PickleKeyComparer.Instance).SetEquals(b.Items),
            (PickleDictionary a, PickleDictionary b) => AreEqual(a, b, seen),
            (PickleObject a, PickleObject b) => a.Global == b.Global && AreEqual(a.Arguments, b.Arguments, seen) && AreEqual(a.State ?? PickleNone.Instance, b.State ?? PickleNone.Instance, seen)
                && AreEqual(a.Items, b.Items, seen) && AreEqual([.. a.Entries.Select(entry => entry.Value)], [.. b.Entries.Select(entry => entry.Value)], seen),
            (PickleTensor or PickleStorage, _) => false,
            _ => PickleTree.IsContainer(first) == PickleTree.IsContainer(second) && PickleKeyComparer.Instance.Equals(first, second),
        };
    }

    private static bool AreEqual(IReadOnlyList<PickleValue> first, IReadOnlyList<PickleValue> second, HashSet<(PickleValue, PickleValue)> seen)
    {
        if (first.Count != second.Count)
            return false;
        for (var i = 0; i < first.Count; i++)
        {
            if (!AreEqual(first[i], second[i], seen))
                return false;
        }

        return true;
    }

    private static bool AreEqual(PickleDictionary first, PickleDictionary second, HashSet<(PickleValue, PickleValue)> seen)
    {
        if (first.Entries.Count != second.Entries.Count)
            return false;
        var others = second.Entries.ToDictionary(entry => entry.Key, entry => entry.Value, PickleKeyComparer.Instance);
        return first.Entries.All(entry => others.TryGetValue(entry.Key, out var other) && AreEqual(entry.Value, other, seen));
    }
}
