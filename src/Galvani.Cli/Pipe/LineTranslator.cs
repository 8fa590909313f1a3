using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>How a translation is printed.</summary>
internal enum TranslationForm
{
    /// <summary>A line of text for each hypothesis.</summary>
    Text,

    /// <summary>As <see cref="Text"/>, with the score behind a tab.</summary>
    TextAndScore,

    /// <summary>One JSON object for each line of input.</summary>
    Json,
}

/// <summary>Batches of lines to the bytes of their translations. Safe for use by several threads.</summary>
internal sealed class LineTranslator(Translator translator, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    /// <summary>How translations are printed.</summary>
    public required TranslationForm Form { get; init; }

    /// <summary>From lines to their tokens.</summary>
    public required LineTokens Tokens { get; init; }

    /// <summary>From the text of a line's own prefix to ids; null where no prefix is forced.</summary>
    public required Func<string, IReadOnlyList<int>>? PrefixIds { get; init; }

    /// <summary>The file of prefixes, or null.</summary>
    public required PairedLines? PrefixFile { get; init; }

    /// <summary>Whether a line's own prefix stands behind a tab in it.</summary>
    public required bool HasPrefixColumn { get; init; }

    /// <summary>Translates a batch.</summary>
    /// <returns>The output lines' bytes, in order.</returns>
    /// <exception cref="CommandException">A line is too long, or has no prefix.</exception>
    public byte[] Translate(InputLine[] lines)
    {
        var requests = new List<TranslationRequest>();
        var plans = new List<(InputLine Line, TokenizedLine Source, int First, int Count)>(lines.Length);
        foreach (var line in lines)
        {
            var (source, prefix) = Read(line);
            plans.Add((line, source.Whole, requests.Count, source.Parts.Count));
            requests.AddRange(source.Parts.Select(part => new TranslationRequest(part, line.Number) { Prefix = prefix }));
            report.CountLine(source.Count);
        }

        var translations = translator.TranslateAll(requests, cancellationToken);
        using var output = new MemoryStream();
        foreach (var (line, source, first, count) in plans)
        {
            var translation = count == 1 ? translations[first] : JoinedTranslation.Of(source, [.. translations.Skip(first).Take(count)]);
            output.Write(Form == TranslationForm.Json ? Object(line, translation) : Lines(translation));
        }

        return output.ToArray();
    }

    private (LineParts Source, IReadOnlyList<int> Prefix) Read(InputLine line)
    {
        var utf8 = line.Utf8.Span;
        var prefix = "";
        if (HasPrefixColumn)
        {
            var tab = utf8.IndexOf((byte)'\t');
            if (tab < 0 && !utf8.Trim(" \r"u8).IsEmpty)
                throw new CommandException($"Line {line.Number} has no tab, expected source, tab, target prefix (--target-prefix-column).");
            if (tab >= 0)
            {
                prefix = Encoding.UTF8.GetString(utf8[(tab + 1)..]);
                utf8 = utf8[..tab];
            }
        }

        prefix = PrefixFile?.Take(line.Number) ?? prefix;
        return (Tokens.Within(utf8, line.Number, limit, report), PrefixIds?.Invoke(prefix) ?? []);
    }

    // As many lines as hypotheses were asked for, also where there are none.
    private byte[] Lines(Translation translation)
    {
        var text = new StringBuilder();
        for (var rank = 0; rank < translator.Options.Search.HypothesisCount; rank++)
        {
            if (rank < translation.Hypotheses.Count)
                AppendText(text, translation.Hypotheses[rank]);
            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void AppendText(StringBuilder text, TranslationHypothesis hypothesis)
    {
        text.Append(PlainText.OneLine(hypothesis.Text));
        if (hypothesis.Alignment is { } alignment)
            text.Append(" ||| ").AppendJoin(' ', alignment);
        if (Form == TranslationForm.TextAndScore)
            text.Append('\t').Append(Numbers.Text(hypothesis.Score));
    }

    private static byte[] Object(InputLine line, Translation translation) => LineBytes.Of(json =>
    {
        json.BeginObject().Name("text").Text(line.Text).Name("hypotheses").BeginArray();
        foreach (var hypothesis in translation.Hypotheses)
        {
            json.BeginObject().Name("text").Text(hypothesis.Text).Name("pieces").Texts(hypothesis.Pieces).Name("ids").Numbers64(hypothesis.Ids.Select(id => (long)id));
            json.Name("score").Number(hypothesis.Score).Name("token_scores").Vector([.. hypothesis.TokenScores]);
            WriteAttention(json, hypothesis);
            json.EndObject();
        }

        json.EndArray().EndObject();
    });

    private static void WriteAttention(JsonText json, TranslationHypothesis hypothesis)
    {
        if (hypothesis.Attention is { } attention)
        {
            json.Name("attention").BeginArray();
            foreach (var row in attention)
                json.Vector(row);
            json.EndArray();
        }

        if (hypothesis.Alignment is not { } alignment)
            return;
        json.Name("alignment").BeginArray();
        foreach (var pair in alignment)
            json.BeginArray().Number(pair.Source).Number(pair.Target).EndArray();
        json.EndArray();
    }
}
