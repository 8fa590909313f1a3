namespace Galvani.Models.OpenNmt;

/// <summary>Tensors that are one: the same elements of the same storage under several names.</summary>
internal static class SharedTensors
{
    /// <summary>Groups of names with one tensor, in file order; most have one name.</summary>
    public static IReadOnlyList<IReadOnlyList<OpenNmtTensor>> Of(IReadOnlyList<OpenNmtTensor> tensors)
    {
        var groups = new List<List<OpenNmtTensor>>();
        var byStorage = tensors.GroupBy(tensor => tensor.View.Storage, ReferenceEqualityComparer.Instance).ToDictionary(group => group.Key!, _ => new List<List<OpenNmtTensor>>(), ReferenceEqualityComparer.Instance);
        foreach (var tensor in tensors)
        {
            var known = byStorage[tensor.View.Storage];
            if (known.Find(group => group[0].View.IsSameViewAs(tensor.View)) is { } same)
            {
                same.Add(tensor);
                continue;
            }

            known.Add([tensor]);
            groups.Add(known[^1]);
        }

        return groups;
    }

    /// <summary>The names of each group that has several.</summary>
    public static IEnumerable<IReadOnlyList<string>> NamesOf(IEnumerable<IReadOnlyList<OpenNmtTensor>> groups) =>
        groups.Where(group => group.Count > 1).Select(group => (IReadOnlyList<string>)[.. group.Select(tensor => tensor.Name)]);
}
