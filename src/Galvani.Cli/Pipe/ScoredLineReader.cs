using System.Text;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>A line and its score.</summary>
/// <param name="SourceText">The source as given.</param>
/// <param name="TargetText">The target as given; null for a language model.</param>
/// <param name="Source">The source's tokens: one list, or the parts of a text that was too long.</param>
/// <param name="Target">The target's tokens; null for a language model, and where the source has no tokens.</param>
/// <param name="Score">Null where the source has no tokens.</param>
internal sealed record ScoredLine(string SourceText, string? TargetText, IReadOnlyList<TokenizedLine> Source, TokenizedLine? Target, SentenceScore? Score)
{
    /// <summary>The source's tokens in number.</summary>
    public int SourceTokenCount => Source.Sum(part => part.Ids.Count);
}

/// <summary>Takes lines apart into source and target, and scores them. Used by several threads.</summary>
internal sealed class ScoredLineReader(Scorer scorer, bool takesPieces, PairedLines? targets, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    private readonly LineTokens tokens = new(scorer.Model, takesPieces, cancellationToken);
    private readonly TargetTokens targetTokens = new(scorer, takesPieces, cancellationToken);

    public ScoredLine Read(InputLine line)
    {
        try
        {
            return scorer.IsLanguageModel ? ReadText(line) : ReadPair(line);
        }
        catch (ArgumentException exception)
        {
            throw LineTokens.Problem(line.Number, exception);
        }
    }

    private ScoredLine ReadText(InputLine line)
    {
        var parts = Tokenize(line.Utf8.Span, line.Number);
        return new ScoredLine(line.Text, null, parts, null, parts[0].Ids.Count == 0 ? null : scorer.ScoreParts(parts));
    }

    private ScoredLine ReadPair(InputLine line)
    {
        var source = line.Utf8.Span;
        string targetText;
        if (targets is not null)
            targetText = targets.Take(line.Number);
        else
        {
            var tab = source.IndexOf((byte)'\t');
            if (tab < 0 && !source.Trim(" \r"u8).IsEmpty)
                throw new CommandException($"Line {line.Number} has no tab: without --target a line is SOURCE, a tab, TARGET.");
            targetText = tab < 0 ? "" : Encoding.UTF8.GetString(source[(tab + 1)..]);
            source = tab < 0 ? source : source[..tab];
        }

        var parts = Tokenize(source, line.Number); // one: translations are not split
        var target = parts[0].Ids.Count == 0 ? null : targetTokens.Of(targetText);
        return new ScoredLine(Encoding.UTF8.GetString(source), targetText, parts, target, target is null ? null : scorer.Score(parts[0], target));
    }

    private IReadOnlyList<TokenizedLine> Tokenize(ReadOnlySpan<byte> utf8, long number) => tokens.Within(utf8, number, limit, report).Parts;
}
