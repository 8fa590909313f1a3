using Galvani.Cli.Hosting;
using Galvani.Embeddings;

namespace Galvani.Cli.Pipe;

/// <summary>What happens to lines with more pieces than allowed: an error, cut off, or taken in parts.</summary>
/// <param name="Maximum">The most pieces; null for no limit.</param>
/// <param name="OnLong"><c>error</c>, <c>cut</c> or <c>split</c>.</param>
internal sealed record LineLimit(int? Maximum, string OnLong)
{
    /// <summary>What the error recommends.</summary>
    public string Remedy { get; init; } = "--on-long cut or split shortens such lines";

    /// <summary>Checks the options.</summary>
    public static LineLimit Create(int? maximum, string onLong, int? modelMaximum)
    {
        if (onLong is not ("error" or "cut" or "split"))
            throw new UsageException($"--on-long is {onLong}, expected error, cut or split.");
        if (maximum is < 1)
            throw new UsageException($"--max-source is {maximum}, expected at least 1.");
        var limit = maximum is null ? modelMaximum : Math.Min(maximum.Value, modelMaximum ?? int.MaxValue);
        return new LineLimit(limit, onLong);
    }

    /// <summary>Whether longer lines are taken in parts.</summary>
    public bool IsSplit => OnLong == "split";

    /// <summary>Whether a line is so long that it is worked on part by part, while it is cut into pieces.</summary>
    public bool TakesInParts(InputLine line) => IsSplit && Maximum is not null && line.IsLong;

    /// <summary>Whether a line has more pieces than allowed.</summary>
    public bool IsExceededBy(int count) => count > Maximum;

    /// <summary>Whether a line of so many pieces goes on as it is; the error that longer lines are comes before anything is made of them.</summary>
    /// <exception cref="CommandException">The line is longer, and that is an error.</exception>
    public bool Admits(int count, long number)
    {
        if (!IsExceededBy(count))
            return true;
        return OnLong == "error" ? throw TooLong(count, number) : false;
    }

    /// <summary>The vector or the rows of a line within the limit; of a split line the mean over all its tokens, or all its rows.</summary>
    public float[] Encode(SentenceEncoder encoder, TokenizedLine line, EmbeddedForm form, long number, RunReport report)
    {
        if (Maximum is not { } maximum || line.Ids.Count <= maximum)
            return Encode(encoder, line, form);
        var parts = Parts(line, number, report);
        if (parts.Count == 1)
            return Encode(encoder, parts[0], form);
        if (form == EmbeddedForm.Tokens)
            return [.. parts.SelectMany(encoder.EncodeTokens)];
        var mean = new WeightedMean(encoder.Width);
        foreach (var part in parts)
            mean.Add(encoder.Encode(part), part.Ids.Count);
        return mean.ToArray();
    }

    /// <summary>A line within the limit: itself, what is left when it is cut, or its parts.</summary>
    /// <exception cref="CommandException">The line is longer, and that is an error.</exception>
    public IReadOnlyList<TokenizedLine> Parts(TokenizedLine line, long number, RunReport report)
    {
        if (Maximum is not { } maximum || line.Pieces.Count <= maximum)
            return [line];
        report.CountLongLine();
        return OnLong switch
        {
            "cut" => [Part(line, 0, maximum)],
            "split" => [.. Enumerable.Range(0, (line.Pieces.Count + maximum - 1) / maximum).Select(index => Part(line, index * maximum, maximum))],
            _ => throw TooLong(line.Pieces.Count, number),
        };
    }

    /// <summary>A line of which no more than the limit was kept.</summary>
    /// <param name="first">What was kept.</param>
    /// <param name="count">The number of the line's pieces.</param>
    /// <param name="number">The line, 1-based.</param>
    /// <param name="report">Counts lines that are longer.</param>
    /// <exception cref="CommandException">The line is longer, and that is an error.</exception>
    public TokenizedLine Kept(TokenizedLine first, int count, long number, RunReport report)
    {
        if (!Admits(count, number))
            report.CountLongLine();
        return first;
    }

    /// <summary>Some tokens of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="start">The first of them.</param>
    /// <param name="count">How many; fewer where the line ends.</param>
    public static TokenizedLine Part(TokenizedLine line, int start, int count) => line with
    {
        Pieces = [.. line.Pieces.Skip(start).Take(count)],
        Ids = [.. line.Ids.Skip(start).Take(count)],
        Offsets = [.. line.Offsets.Skip(start).Take(count)],
        Features = [.. line.Features.Select(feature => feature.Skip(start).Take(count).ToArray())],
    };

    private CommandException TooLong(int count, long number) => new($"Line {number} has {count} pieces, the limit is {Maximum}; {Remedy}.");

    private static float[] Encode(SentenceEncoder encoder, TokenizedLine line, EmbeddedForm form) => form == EmbeddedForm.Tokens ? encoder.EncodeTokens(line) : encoder.Encode(line);
}
