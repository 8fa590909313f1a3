using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Cli.Views;

/// <summary>What <c>graft</c> says it did.</summary>
internal static class GraftView
{
    private const int ShownTokens = 10;
    private const int ShownCharacters = 40;

    public static IEnumerable<string> Lines(GraftReport report)
    {
        foreach (var part in report.Parts)
            yield return part;
        foreach (var layer in report.Layers)
            yield return FormattableString.Invariant($"{Side(layer.Side)} layer {layer.Layer} is layer {layer.SourceLayer} of {layer.Source}");
        foreach (var rows in report.Rows)
            yield return FormattableString.Invariant($"{rows.Name}: {rows.Matched} rows matched by token, {rows.Unmatched} not");
        foreach (var cut in report.Vocabularies)
            yield return FormattableString.Invariant($"vocab.{cut.Name}: {cut.After} of {cut.Before} tokens");
        if (report.UnknownTokens.Count > 0)
            yield return $"{Numbers.Of(report.UnknownTokens.Count, "token")} to keep, in no vocabulary: {string.Join(' ', report.UnknownTokens.Take(ShownTokens).Select(Shown))}{(report.UnknownTokens.Count > ShownTokens ? " …" : "")}";
        foreach (var overflow in report.Overflows)
            yield return FormattableString.Invariant($"{overflow.Name}: {overflow.Count} finite numbers became infinite in the base's element type");
        foreach (var change in report.Changes)
            yield return change;
    }

    public static void WriteJson(JsonText json, GraftReport report)
    {
        json.Name("parts").Texts(report.Parts).Name("layers").BeginArray();
        foreach (var layer in report.Layers)
            json.BeginObject().Name("side").Text(Side(layer.Side)).Name("layer").Number((long)layer.Layer).Name("source").Text(layer.Source).Name("source_layer").Number((long)layer.SourceLayer).EndObject();
        json.EndArray().Name("rows").BeginArray();
        foreach (var rows in report.Rows)
            json.BeginObject().Name("name").Text(rows.Name).Name("matched").Number((long)rows.Matched).Name("unmatched").Number((long)rows.Unmatched).EndObject();
        json.EndArray().Name("vocabularies").BeginArray();
        foreach (var cut in report.Vocabularies)
            json.BeginObject().Name("name").Text(cut.Name).Name("before").Number((long)cut.Before).Name("after").Number((long)cut.After).EndObject();
        json.EndArray().Name("unknown_tokens").Texts(report.UnknownTokens).Name("became_infinite").BeginObject();
        foreach (var overflow in report.Overflows)
            json.Name(overflow.Name).Number(overflow.Count);
        json.EndObject().Name("changes").Texts(report.Changes);
    }

    /// <summary>A token as far as a line of a report has room for it: it may be a whole file without line ends.</summary>
    private static string Shown(string token) => token.Length <= ShownCharacters ? token : token[..ShownCharacters] + "…";

    private static string Side(ModelSide side) => side == ModelSide.Encoder ? "encoder" : "decoder";
}
