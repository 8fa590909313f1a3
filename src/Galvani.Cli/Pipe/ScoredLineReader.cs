using System.Text;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>A line and its score.</summary>
/// <param name="SourceText">The source as given.</param>
/// <param name="TargetText">The target as given; null for a language model.</param>
/// <param name="Source">The source's tokens.</param>
/// <param name="Target">The target's tokens; null for a language model.</param>
/// <param name="Score">Null where the source has no tokens.</param>
internal sealed record ScoredLine(string SourceText, string? TargetText, TokenizedLine Source, TokenizedLine? Target, SentenceScore? Score);

/// <summary>Takes lines apart into source and target, and scores them. Used by several threads.</summary>
internal sealed class ScoredLineReader(Scorer scorer, PairedLines? targets, LineLimit limit, RunReport report)
{
    public bool TakesPieces { get; init; }

    public ScoredLine Read(InputLine line)
    {
        try
        {
            return scorer.IsLanguageModel ? ReadText(line) : ReadPair(line);
        }
        catch (ArgumentException exception)
        {
            throw new CommandException($"Line {line.Number}: {exception.Message}");
        }
    }

    private ScoredLine ReadText(InputLine line)
    {
        var text = Tokenize(line.Utf8.Span, line.Number);
        return new ScoredLine(line.Text, null, text, null, text.Ids.Count == 0 ? null : scorer.Score(text));
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

        var tokenized = Tokenize(source, line.Number);
        var target = TakesPieces ? scorer.TakeTargetPieces(targetText) : scorer.TokenizeTarget(targetText);
        return new ScoredLine(Encoding.UTF8.GetString(source), targetText, tokenized, target, tokenized.Ids.Count == 0 ? null : scorer.Score(tokenized, target));
    }

    private TokenizedLine Tokenize(ReadOnlySpan<byte> utf8, long number) =>
        limit.Parts(TakesPieces ? scorer.Model.TakePieces(Encoding.UTF8.GetString(utf8)) : scorer.Model.Tokenize(utf8), number, report)[0];
}
