using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Hosting;

/// <summary>What a person at the command line types in place of the library's members that its messages name.</summary>
internal static class OptionNames
{
    /// <summary>Members, as messages name them, and what has their place; no member's name begins with another's.</summary>
    internal static readonly (string Member, string Option)[] Known =
    [
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TokenizerPath)}", "--tokenizer"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TargetTokenizerPath)}", "--target-tokenizer"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.Transforms)}", "--transforms"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.Corpus)}", "--corpus"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.SourcePrefix)}", "--source-prefix"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TargetPrefix)}", "--target-prefix"),
        ($"{nameof(NmtModelOptions)}.{nameof(NmtModelOptions.SourceFeatureDefaults)}", "--source-feature-defaults"),
        ($"{nameof(RotaryPairs)}.{nameof(RotaryPairs.Halves)}", "--rotary halves"),
        ($"{nameof(NmtModel)}.{nameof(NmtModel.TakePieces)}", "--pieces"),
        ($"{nameof(Scorer)}.{nameof(Scorer.TakeTargetPieces)}", "--pieces"),
        ($"{nameof(LowRankMergeOptions)}.{nameof(LowRankMergeOptions.Alpha)}", "--alpha"),
        ($"{nameof(ToolkitForm)}.{nameof(ToolkitForm.Version3)}", "the present form (galvani convert FILE --to v3 -o OUT)"),
        ($"{nameof(Checkpoint)}.{nameof(Checkpoint.Findings)}", "galvani inspect --safety"),
        ($"{nameof(TensorStatistics)}.{nameof(TensorStatistics.Compute)}", "galvani inspect --stats"),
    ];

    /// <summary>A message of the library in the words of the command line.</summary>
    public static string InPlaceOfMembers(string message)
    {
        foreach (var (member, option) in Known)
            message = message.Replace(member, option, StringComparison.Ordinal);
        return message;
    }
}
