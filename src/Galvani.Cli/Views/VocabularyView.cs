using System.Globalization;
using System.Text.RegularExpressions;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --vocab</c>: tokens with their ids.</summary>
internal static class VocabularyView
{
    private const int ShownTokens = 40;

    public static void WriteText(TextWriter output, OpenNmtCheckpoint checkpoint, string? pattern, bool showAll)
    {
        foreach (var (side, tokens) in Sides(checkpoint))
        {
            var matches = Matches(tokens, pattern).ToList();
            var shown = showAll || pattern is not null ? matches.Count : Math.Min(ShownTokens, matches.Count);
            output.Write(FormattableString.Invariant($"{side}: {tokens.Count} tokens{(pattern is null ? "" : $", {matches.Count} match")}\n"));
            var table = new TextTable("", "").AlignRight(0);
            foreach (var (id, token) in matches.Take(shown))
                table.Add(id.ToString(CultureInfo.InvariantCulture), PlainText.Visible(token));
            table.Write(output, "  ");
            if (shown < matches.Count)
                output.Write(FormattableString.Invariant($"  ... and {matches.Count - shown} more; --all shows them\n"));
        }

        foreach (var problem in Problems(checkpoint))
            output.Write($"warning: {problem}\n");
    }

    public static void WriteJson(JsonText json, OpenNmtCheckpoint checkpoint, string? pattern)
    {
        json.BeginObject();
        foreach (var (side, tokens) in Sides(checkpoint))
        {
            json.Name(side).BeginArray();
            foreach (var (id, token) in Matches(tokens, pattern))
                json.BeginObject().Name("id").Number((long)id).Name("token").Text(token).EndObject();
            json.EndArray();
        }

        json.Name("problems").Texts(Problems(checkpoint)).EndObject();
    }

    private static IEnumerable<(string Side, IReadOnlyList<string> Tokens)> Sides(OpenNmtCheckpoint checkpoint)
    {
        var vocabularies = checkpoint.Vocabularies ?? throw new CommandException($"The file has no vocabulary that is read ({checkpoint.Checkpoint.FilePath}).");
        if (vocabularies.IsShared)
            yield return ("both sides", vocabularies.Source!);
        else
        {
            if (vocabularies.Source is { } source)
                yield return ("source", source);
            if (vocabularies.Target is { } target)
                yield return ("target", target);
        }

        for (var feature = 0; feature < vocabularies.SourceFeatures.Count; feature++)
            yield return (FormattableString.Invariant($"source feature {feature + 1}"), vocabularies.SourceFeatures[feature]);
    }

    private static IEnumerable<string> Problems(OpenNmtCheckpoint checkpoint) =>
        Sides(checkpoint).SelectMany(side => new Text.Vocabulary(side.Tokens).Problems.Select(problem => $"{side.Side}: {problem}"))
            .Concat(OpenNmtVerification.Check(checkpoint).Where(problem => problem.Contains("vocab.", StringComparison.Ordinal)));

    private static IEnumerable<(int Id, string Token)> Matches(IReadOnlyList<string> tokens, string? pattern)
    {
        Regex? regex;
        try
        {
            regex = pattern is null ? null : new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new UsageException($"'{pattern}' is no regular expression that is supported: {exception.Message}");
        }

        for (var id = 0; id < tokens.Count; id++)
        {
            if (regex is null || regex.IsMatch(tokens[id]))
                yield return (id, tokens[id]);
        }
    }
}
