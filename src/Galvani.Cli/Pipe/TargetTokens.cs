namespace Galvani.Cli.Pipe;

/// <summary>From given translations to a model's target tokens. Safe for use by several threads.</summary>
/// <param name="scorer">Knows the target side.</param>
/// <param name="takesPieces">Whether translations are ready-made pieces.</param>
/// <param name="cancellationToken">Ends the work, also in the midst of a long word.</param>
internal sealed class TargetTokens(Scorer scorer, bool takesPieces, CancellationToken cancellationToken)
{
    /// <summary>The tokens of a translation. Of one that is too long no more is made than the model takes.</summary>
    /// <param name="text">The translation.</param>
    /// <exception cref="ArgumentException">The translation is too long, or no tokenizer can be found.</exception>
    public TokenizedLine Of(string text)
    {
        var most = scorer.MaximumTargetLength ?? int.MaxValue;
        var tokens = takesPieces ? scorer.TakeTargetPieces(text, most, out var count) : scorer.TokenizeTarget(text, most, out count, cancellationToken);
        scorer.RequireTargetFits(count);
        return tokens;
    }
}
