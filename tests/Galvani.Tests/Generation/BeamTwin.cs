using Galvani.Generation;

namespace Galvani.Tests.Generation;

/// <summary>
/// Beam search for one sentence, written for clarity in double precision, step by step as OpenNMT-py 3.5 does it: W rows always, finished ones carried on with a sum of
/// -65504, the beam filled up with minus infinity at the start.
/// </summary>
internal static class BeamTwin
{
    private const double Dead = -65504;
    private const double Blocked = -1e21;
    private const double NotForced = -10000;

    public static List<(int[] Ids, double Score)> Search(ScriptedDecoder decoder, int sentence, SearchOptions options, SpecialTokens special, int[]? prefix = null)
    {
        prefix ??= [];
        var width = options.BeamWidth;
        var source = decoder.SourceLength(sentence);
        var limit = (options.MaximumLengthRatio > 0 ? (int)Math.Min(options.MaximumLength, source * options.MaximumLengthRatio + 5) : options.MaximumLength) + prefix.Length;
        var beams = Enumerable.Range(0, width).Select(beam => new Beam([], beam == 0 ? 0 : double.NegativeInfinity, new double[source], 0)).ToList();
        var finished = new List<(int[] Ids, double Score)>();
        var (bestRatio, topFinished) = (double.NegativeInfinity, false);
        for (var length = 1; ; length++)
        {
            if (options.IsCoverageStepwise && length > 1)
                beams = [.. beams.Select(beam => beam with { Sum = beam.Sum + beam.Penalty - Penalty(options, Add(beam.Coverage, decoder.AttentionOf(sentence, beam.Tokens))) })];
            var divisor = Divisor(options, length + 1);
            var scores = beams.Select(beam => Scores(decoder, sentence, options, special, prefix, beam, divisor)).ToList();
            var chosen = Enumerable.Range(0, width * decoder.VocabularyCount).OrderByDescending(index => scores[index / decoder.VocabularyCount][index % decoder.VocabularyCount])
                .ThenBy(index => index).Take(width).ToList();
            var next = new List<Beam>();
            var anyFinished = false;
            var nowFinished = new List<bool>();
            var stored = new List<double>();
            foreach (var index in chosen)
            {
                var (row, token) = (index / decoder.VocabularyCount, index % decoder.VocabularyCount);
                var coverage = Add(beams[row].Coverage, decoder.AttentionOf(sentence, beams[row].Tokens));
                var penalty = Penalty(options, coverage);
                var score = scores[row][token];
                next.Add(new Beam([.. beams[row].Tokens, token], score * divisor, coverage, length == 1 ? 0 : penalty));
                stored.Add(options.IsCoverageStepwise ? score : score - penalty);
                nowFinished.Add(token == special.End || length == limit);
                anyFinished |= nowFinished[^1];
            }

            if (anyFinished)
            {
                topFinished = nowFinished[0] || options.Stop == BeamStop.BestFinishedOnce && topFinished;
                for (var i = 0; i < width; i++)
                {
                    if (!nowFinished[i])
                        continue;
                    finished.Add((next[i].Tokens, stored[i]));
                    bestRatio = Math.Max(bestRatio, stored[i] / (length + 2));
                    next[i] = next[i] with { Sum = Dead };
                }

                var isDone = options.StopRatio > 0 ? stored[0] / (source * options.StopRatio) <= bestRatio || nowFinished.TrueForAll(flag => flag) : topFinished;
                if (isDone && finished.Count >= (options.Stop == BeamStop.BestFinishedOnce ? width : options.HypothesisCount) || length == limit)
                    return [.. finished.OrderByDescending(entry => entry.Score).Take(options.HypothesisCount)];
            }

            beams = next;
        }
    }

    public static double[] LogSoftMax(float[] logits)
    {
        var normalizer = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        return [.. logits.Select(logit => logit - normalizer)];
    }

    public static double Divisor(SearchOptions options, int tokensAndStart) => options.LengthPenalty switch
    {
        LengthPenalty.Average => Math.Pow(tokensAndStart, options.LengthPenaltyAlpha),
        LengthPenalty.Wu => Math.Pow((5.0 + tokensAndStart) / 6, options.LengthPenaltyAlpha),
        _ => 1,
    };

    public static double Penalty(SearchOptions options, double[] coverage) => options.CoverageBeta * options.CoveragePenalty switch
    {
        CoveragePenalty.Wu => coverage.Sum(attention => -Math.Log(Math.Min(attention, 1))),
        CoveragePenalty.Summary => coverage.Sum(attention => Math.Max(attention, 1)) - coverage.Length,
        _ => 0,
    };

    private static double[] Scores(ScriptedDecoder decoder, int sentence, SearchOptions options, SpecialTokens special, int[] prefix, Beam beam, double divisor)
    {
        var logs = LogSoftMax(decoder.LogitsOf(sentence, beam.Tokens));
        if (beam.Tokens.Length < options.MinimumLength + prefix.Length)
            logs[special.End] = Dead;
        if (options.BansUnknown)
            logs[special.Unknown!.Value] = Dead;
        var scores = logs.Select(log => (log + beam.Sum) / divisor).ToArray();
        int[] sequence = [special.Start, .. beam.Tokens];
        var n = options.BlockedRepeatLength;
        for (var start = 0; n > 1 && start + n <= sequence.Length; start++)
        {
            var earlier = sequence.Skip(start).Take(n).ToArray();
            if (earlier.SkipLast(1).SequenceEqual(sequence.TakeLast(n - 1)) && !earlier.Any(options.RepeatableTokens.Contains))
                scores[earlier[^1]] = Blocked;
        }

        if (beam.Tokens.Length < prefix.Length)
        {
            for (var token = 0; token < scores.Length; token++)
                scores[token] = token == prefix[beam.Tokens.Length] ? scores[token] : NotForced;
        }

        return scores;
    }

    private static double[] Add(double[] coverage, float[] attention) => [.. coverage.Zip(attention, (left, right) => left + right)];

    private sealed record Beam(int[] Tokens, double Sum, double[] Coverage, double Penalty);
}
