using System.Globalization;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>What the <c>optim</c> of a checkpoint holds.</summary>
/// <param name="IsPresent">Whether there is an optimizer state.</param>
/// <param name="Description">In words.</param>
public sealed record OptimizerSummary(bool IsPresent, string Description)
{
    /// <summary>Reads the node.</summary>
    /// <param name="node">The node, or null.</param>
    /// <param name="hasKey">Whether the file has the key at all.</param>
    internal static OptimizerSummary Read(PickleValue? node, bool hasKey) => node switch
    {
        PickleDictionary { Entries.Count: > 0 } dictionary => Describe(dictionary),
        _ => new OptimizerSummary(false, hasKey ? "empty: dropped when the model was released" : "not in the file"),
    };

    private static OptimizerSummary Describe(PickleDictionary dictionary)
    {
        var step = dictionary["training_step"] is PickleInteger number ? number.Value.ToString(CultureInfo.InvariantCulture) : "unknown";
        var tensors = 0;
        if (dictionary["optimizer"] is PickleDictionary optimizer && optimizer["state"] is PickleDictionary state)
            tensors = state.Entries.Count;
        return new OptimizerSummary(true, tensors > 0
            ? string.Create(CultureInfo.InvariantCulture, $"training step {step}, state of {tensors} parameters")
            : $"training step {step}");
    }
}
