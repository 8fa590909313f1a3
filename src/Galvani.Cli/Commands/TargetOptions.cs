using System.CommandLine;

namespace Galvani.Cli.Commands;

/// <summary>The options of a model's target side: its tokenizer, and what every translation begins with.</summary>
internal sealed class TargetOptions
{
    private readonly Option<string?> tokenizer = new("--target-tokenizer") { Description = "The target's tokenizer. Default: --tokenizer, else what the checkpoint names for the target.", HelpName = "FILE" };
    private readonly Option<string?> prefix = new("--target-prefix")
    {
        Description = "Target text that every translation begins with, and that a translation's output lacks. Default: what the checkpoint records for the transform prefix; '' for none.", HelpName = "TEXT",
    };

    public IEnumerable<Option> All => [tokenizer, prefix];

    /// <summary>The options of a model with those of its target side.</summary>
    public NmtModelOptions Complete(ParseResult result, NmtModelOptions options) =>
        options with { TargetTokenizerPath = result.GetValue(tokenizer), TargetPrefix = result.GetValue(prefix) };

    /// <summary>Whether a text that every translation begins with is given.</summary>
    public bool HasPrefix(ParseResult result) => !string.IsNullOrEmpty(result.GetValue(prefix));
}
