using Galvani.Generation;

namespace Galvani.Cli.Bench;

/// <summary>Work of a fixed size: sentences of random pieces, and exactly so many tokens for each.</summary>
/// <param name="BeamWidth">W; 1 is greedy search.</param>
/// <param name="BatchSize">Sentences worked on together.</param>
/// <param name="SentenceCount">Sentences.</param>
/// <param name="SourceLength">Pieces of each.</param>
/// <param name="TargetLength">Tokens of each hypothesis.</param>
internal sealed record BenchCase(int BeamWidth, int BatchSize, int SentenceCount, int SourceLength, int TargetLength)
{
    // The ids in front are special tokens or words that stand for nothing.
    private const int FirstWord = 4;
    private const int Seed = 20;

    /// <summary>Target tokens of the best hypotheses.</summary>
    public long TokenCount => (long)SentenceCount * TargetLength;

    /// <summary>The rows that the decoder works on: one a sentence at first, then one a hypothesis.</summary>
    public long RowCount => SentenceCount * (1 + (TargetLength - 1L) * BeamWidth);

    /// <summary>The steps of the decoder, each of which reads its weights once.</summary>
    public long StepCount => (SentenceCount + BatchSize - 1L) / BatchSize * TargetLength;

    /// <summary>How the case is searched.</summary>
    public TranslationOptions Options => new()
    {
        BatchSize = BatchSize,
        Search = new SearchOptions { BeamWidth = BeamWidth, MinimumLength = TargetLength, MaximumLength = TargetLength, MaximumLengthRatio = 0 },
    };

    /// <summary>The sentences, the same each time.</summary>
    public List<TranslationRequest> Requests(NmtModel model)
    {
        var (random, vocabulary) = (new Random(Seed), model.SourceVocabulary);
        var first = vocabulary.Count > FirstWord ? FirstWord : 0;
        return [.. Enumerable.Range(1, SentenceCount).Select(number =>
        {
            int[] ids = [.. Enumerable.Range(0, SourceLength).Select(_ => random.Next(first, vocabulary.Count))];
            var line = new TokenizedLine([.. ids.Select(id => vocabulary.Tokens[id])], ids, [], vocabulary.UnknownId) { Features = [.. Enumerable.Range(0, model.Config.FeatureCount).Select(_ => new int[SourceLength])] };
            return new TranslationRequest(line, number);
        })];
    }
}
