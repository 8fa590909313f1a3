using System.Text;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

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
    /// <returns>Prints the output lines, in order.</returns>
    /// <exception cref="CommandException">A line is too long, or has no prefix.</exception>
    public Action<Stream> Translate(InputLine[] lines)
    {
        var requests = new List<TranslationRequest>();
        var receivers = new List<JoinedTranslation>(); // of each request
        var translated = new List<JoinedTranslation>(lines.Length);
        var hasLong = false;
        foreach (var line in lines)
        {
            var (source, prefix) = Read(line);
            var translation = new JoinedTranslation(line, Form, translator.Options.Search.HypothesisCount);
            translated.Add(translation);
            if (limit.TakesInParts(source))
            {
                TranslateLong(source, prefix, translation);
                hasLong = true;
                continue;
            }

            var tokens = Tokens.Within(source.Utf8.Span, line.Number, limit, report);
            requests.AddRange(tokens.Parts.Select(part => new TranslationRequest(part, line.Number) { Prefix = prefix }));
            receivers.AddRange(Enumerable.Repeat(translation, tokens.Parts.Count));
            report.CountLine(tokens.Count);
        }

        foreach (var (receiver, part) in receivers.Zip(translator.TranslateAll(requests, cancellationToken)))
            receiver.Add(part);
        return hasLong ? output => translated.ForEach(translation => translation.Print(output)) : Printed(translated);
    }

    /// <summary>Translates a line that is split while it is cut into pieces, as many parts together as make a batch.</summary>
    private void TranslateLong(InputLine source, IReadOnlyList<int> prefix, JoinedTranslation translation)
    {
        var requests = new List<TranslationRequest>();
        var count = Tokens.SendParts(source, limit.Maximum!.Value, (part, isLast) =>
        {
            requests.Add(new TranslationRequest(part, source.Number) { Prefix = prefix });
            if (!isLast && requests.Count < translator.Options.BatchSize)
                return;
            foreach (var translated in translator.TranslateAll(requests, cancellationToken))
                translation.Add(translated);
            requests.Clear();
        });
        report.CountLine(count);
        if (limit.IsExceededBy(count))
            report.CountLongLine();
    }

    private static Action<Stream> Printed(List<JoinedTranslation> translated)
    {
        using var text = new MemoryStream();
        foreach (var translation in translated)
            translation.Print(text);
        var bytes = text.ToArray();
        return output => output.Write(bytes);
    }

    /// <summary>What is translated of a line, and the prefix that is forced.</summary>
    private (InputLine Source, IReadOnlyList<int> Prefix) Read(InputLine line)
    {
        var (source, prefix) = (line, "");
        if (HasPrefixColumn)
        {
            var utf8 = line.Utf8.Span;
            var tab = utf8.IndexOf((byte)'\t');
            if (tab < 0 && !utf8.Trim(" \r"u8).IsEmpty)
                throw new CommandException($"Line {line.Number} has no tab, expected source, tab, target prefix (--target-prefix-column).");
            if (tab >= 0)
            {
                prefix = Encoding.UTF8.GetString(utf8[(tab + 1)..]);
                source = line with { Utf8 = line.Utf8[..tab] };
            }
        }

        prefix = PrefixFile?.Take(line.Number) ?? prefix;
        return (source, PrefixIds?.Invoke(prefix) ?? []);
    }
}
