using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>Tensors that are one: the same elements of the same storage under several names.</summary>
internal static class SharedTensors
{
    /// <summary>Groups of names with one tensor, in file order; most have one name.</summary>
    public static IReadOnlyList<IReadOnlyList<OpenNmtTensor>> Of(IReadOnlyList<OpenNmtTensor> tensors)
    {
        var groups = new List<IReadOnlyList<OpenNmtTensor>>(tensors.Count);
        var groupOf = new Dictionary<TensorView, int>(tensors.Count, new SameView());
        foreach (var tensor in tensors)
        {
            if (groupOf.TryAdd(tensor.View, groups.Count))
                groups.Add([tensor]);
            else if (groups[groupOf[tensor.View]] is List<OpenNmtTensor> several)
                several.Add(tensor);
            else
                groups[groupOf[tensor.View]] = new List<OpenNmtTensor> { groups[groupOf[tensor.View]][0], tensor };
        }

        return groups;
    }

    /// <summary>The names of each group that has several.</summary>
    public static IEnumerable<IReadOnlyList<string>> NamesOf(IEnumerable<IReadOnlyList<OpenNmtTensor>> groups) =>
        groups.Where(group => group.Count > 1).Select(group => (IReadOnlyList<string>)[.. group.Select(tensor => tensor.Name)]);

    private sealed class SameView : IEqualityComparer<TensorView>
    {
        public bool Equals(TensorView? x, TensorView? y) => x is null ? y is null : y is not null && x.IsSameViewAs(y);

        public int GetHashCode([DisallowNull] TensorView obj) => HashCode.Combine(RuntimeHelpers.GetHashCode(obj.Storage), obj.StorageOffset);
    }
}
