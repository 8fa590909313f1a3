using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>The mark that an extracted part carries: which part of a checkpoint a file is.</summary>
/// <param name="Part">The part's name: <c>embeddings</c>, <c>encoder</c> ...</param>
/// <param name="Source">The base name of the file it was cut from.</param>
public sealed record PartMark(string Part, string Source)
{
    internal const string Key = "galvani";

    /// <summary>The mark of a file, or null where it is no extracted part.</summary>
    internal static PartMark? Read(PickleValue? node) =>
        node is PickleDictionary mark && mark["part"] is PickleString part
            ? new PartMark(part.Value, mark["source"] is PickleString source ? source.Value : "")
            : null;
}
