// Beam search as OpenNMT-py 3.5 does it (BeamSearch in onmt/translate), for each sentence by itself: nothing depends on the other sentences of a batch. Finished
// hypotheses leave at once, where the toolkit carries them on with a score that never wins; and while a prefix forces tokens there is one hypothesis, where the toolkit
// fills the beam with ones that never win either.
using Galvani.Kernels;

namespace Galvani.Generation;

/// <summary>Follows the W best hypotheses of each sentence.</summary>
internal sealed class BeamSearch(SearchOptions options, SpecialTokens special) : SearchStrategy(options, special)
{
    private readonly CandidateList candidates = new(options.BeamWidth);
    private int[] bestTokens = []; // [R, W]
    private float[] bestValues = []; // [R, W]
    private int[] bestCounts = []; // [R]
    private readonly BeamCoverage? coverage = options.CoveragePenalty == CoveragePenalty.None ? null : new BeamCoverage(options);
    private float divisor;

    protected override void Prepare(IDecoder decoder)
    {
        var rowCapacity = Sentences.Length * Options.BeamWidth;
        coverage?.Reset(decoder, rowCapacity);
        if (bestCounts.Length < rowCapacity)
            (bestCounts, bestTokens, bestValues) = (new int[rowCapacity], new int[rowCapacity * Options.BeamWidth], new float[rowCapacity * Options.BeamWidth]);
    }

    /// <summary>The W largest elements of a row: no other can be among the W best continuations.</summary>
    protected override void Rank(int row)
    {
        var (first, count) = (row * Options.BeamWidth, Options.BeamWidth);
        bestCounts[row] = TopK.Select(Values(row), bestTokens.AsSpan(first, count), bestValues.AsSpan(first, count));
    }

    protected override void BeforeChoice(IDecoder decoder)
    {
        divisor = LengthPenalties.Divisor(Options.LengthPenalty, Options.LengthPenaltyAlpha, Position + 1);
        if (coverage is null)
            return;
        if (Options.IsCoverageStepwise && Position > 0)
            coverage.PenalizeSums(decoder, Rows);
        coverage.BeginStep();
    }

    protected override void Choose(IDecoder decoder, int sentence, int first, int end)
    {
        var state = Sentences[sentence];
        var firstNext = Next.Count;
        FindCandidates(state, first, end);
        var bestScore = Follow(decoder, state, sentence);
        if (IsDone(state, bestScore, finishedNow: candidates.Count - (Next.Count - firstNext)))
            Next.Truncate(firstNext);
        else if (candidates.Count == 0)
            CutAll(state, first, end);
    }

    /// <summary>The W best continuations of the sentence's rows, by the sum of log-probabilities over the length penalty.</summary>
    private void FindCandidates(SentenceState state, int first, int end)
    {
        candidates.Clear();
        var forced = state.ForcedToken(Position);
        for (var row = first; row < end; row++)
        {
            if (forced is { } token)
            {
                Offer(row, token, Values(row)[token]);
                continue;
            }

            for (var i = row * Options.BeamWidth; i < row * Options.BeamWidth + bestCounts[row]; i++)
                Offer(row, bestTokens[i], bestValues[i]);
        }
    }

    private void Offer(int row, int token, float value)
    {
        var logProbability = value - Normalizer(row);
        candidates.Offer(new Candidate(row, token, logProbability, Score: (logProbability + Rows[row].Sum) / divisor));
    }

    /// <summary>Finishes those candidates that end here; the others become rows.</summary>
    /// <returns>The score of the best candidate.</returns>
    private float Follow(IDecoder decoder, SentenceState state, int sentence)
    {
        var bestScore = float.NegativeInfinity;
        var isLast = Position + 1 >= state.Limit;
        for (var i = 0; i < candidates.Count; i++)
        {
            var candidate = candidates[i];
            var node = AddNode(decoder, candidate.Row, candidate.Token, candidate.LogProbability);
            var penalty = coverage?.Extend(decoder, candidate.Row, Next.Count, state.SourceLength) ?? 0;
            var score = Options.IsCoverageStepwise ? candidate.Score : candidate.Score - penalty;
            var isFinished = isLast || candidate.Token == Special.End;
            if (i == 0)
            {
                bestScore = score;
                state.BestHasFinished = isFinished || Options.Stop == BeamStop.BestFinishedOnce && state.BestHasFinished;
            }

            if (isFinished)
                state.Finish(score, node, Position + 1);
            else
                Next.Add(candidate.Row, candidate.Token, new Row(sentence, node, candidate.Score * divisor, Path: 0));
        }

        return bestScore;
    }

    /// <summary>Whether the sentence ends with this step; looked at only when a hypothesis has finished in it.</summary>
    private bool IsDone(SentenceState state, float bestScore, int finishedNow)
    {
        if (finishedNow == 0)
            return false;
        if (finishedNow == candidates.Count)
            return true; // nothing goes on
        var required = Options.Stop == BeamStop.BestFinishedOnce ? Options.BeamWidth : Options.HypothesisCount;
        if (state.FinishedCount < required)
            return false;
        return Options.StopRatio > 0
            ? bestScore / (float)(state.SourceLength * Options.StopRatio) <= state.BestRatioScore
            : state.BestHasFinished;
    }

    /// <summary>Ends a sentence whose every continuation is forbidden: what there is counts as cut.</summary>
    private void CutAll(SentenceState state, int first, int end)
    {
        for (var row = first; row < end; row++)
        {
            var length = Tree.Length(Rows[row].Node);
            state.Finish(Rows[row].Sum / LengthPenalties.Divisor(Options.LengthPenalty, Options.LengthPenaltyAlpha, length), Rows[row].Node, length);
        }
    }
}
