using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Output;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>Scores texts that are split, part by part while they are cut into tokens. Used by several threads.</summary>
/// <param name="scorer">Scores the parts.</param>
/// <param name="tokens">Cuts a text into tokens.</param>
/// <param name="limit">The limit; lines are split.</param>
/// <param name="report">Counts.</param>
/// <param name="cancellationToken">Ends the work between two parts.</param>
internal sealed class LongTextScorer(Scorer scorer, LineTokens tokens, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    /// <summary>Whether each token's log-probability is printed.</summary>
    public bool PrintsObjects { get; init; }

    /// <summary>Where arrays go; null where there are none.</summary>
    public NamedArraySink? Arrays { get; init; }

    /// <summary>Scores a line.</summary>
    /// <returns>Prints its score, and adds its arrays.</returns>
    public Action<Stream> Score(InputLine line)
    {
        var (score, ids, logProbabilities) = (new RunningScore(scorer), new List<int[]>(), new List<float[]>());
        var count = Send(line, (part, isLast) =>
        {
            var scored = isLast ? score.AddLast(part) : score.Add(part);
            if (Arrays is not null)
                ids.Add(scored.Ids);
            if (PrintsObjects)
                logProbabilities.Add(scored.LogProbabilities);
        });
        report.CountLine(count);
        if (limit.IsExceededBy(count))
            report.CountLongLine();
        return output =>
        {
            Print(line, count == 0 ? null : score, logProbabilities, output);
            if (count > 0)
                AddArrays(line, score.TokenCount, ids);
        };
    }

    private int Send(InputLine line, Action<TokenizedLine, bool> take) => tokens.SendParts(line, limit.Maximum!.Value, (part, isLast) =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        take(part, isLast);
    });

    private void Print(InputLine line, RunningScore? score, List<float[]> logProbabilities, Stream output)
    {
        if (!PrintsObjects)
        {
            output.Write(LineBytes.Of(score is null ? "" : $"{Numbers.Text((float)score.LogProbability)}\t{score.TokenCount}\t{Numbers.Text((float)score.Perplexity)}"));
            return;
        }

        var json = new JsonText(output);
        json.BeginObject().Name("source").Text(line.Utf8.Span).Name("score");
        if (score is null)
            json.Null();
        else
            json.Number((float)score.LogProbability);
        json.Name("tokens").Number(score?.TokenCount ?? 0).Name("token_log_probs").BeginArray();
        foreach (var part in logProbabilities)
        {
            foreach (var value in part)
                json.Number(value);
        }

        json.EndArray().Name("perplexity");
        if (score is null)
            json.Null();
        else
            json.Number((float)score.Perplexity);
        json.EndObject().EndLine();
    }

    private void AddArrays(InputLine line, int tokenCount, List<int[]> ids)
    {
        Arrays?.Add(NamedArraySink.Name(line.Number, "target_out"), "i8", spool =>
        {
            foreach (var part in ids)
                spool.Write(NumpyArray.Create(Array.ConvertAll(part, id => (long)id), part.Length).Bytes);
            return [tokenCount];
        });
        Arrays?.Add(NamedArraySink.Name(line.Number, "log_probs"), "f4", spool =>
        {
            var width = scorer.Model.TargetVocabulary!.Count;
            Send(line, (part, isLast) =>
            {
                var rows = scorer.LogProbabilities(part); // [T, V], what follows each token; behind the last one only where the text ends
                spool.Write(Casts.ViewBytes(isLast ? rows : rows.AsSpan(0, rows.Length - width)));
            });
            return [tokenCount, width];
        });
    }
}
