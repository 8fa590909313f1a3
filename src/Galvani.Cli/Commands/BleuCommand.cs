using System.CommandLine;
using System.Globalization;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Evaluation;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani bleu</c>: how near translations are to references.</summary>
internal sealed class BleuCommand : CliCommand
{
    private readonly Argument<string> hypotheses = new("HYPOTHESES") { Description = "The translations, one a line." };
    private readonly Argument<string> references = new("REFERENCES") { Description = "The references, in the same order." };
    private readonly Option<bool> asJson = new("--json") { Description = "One JSON document." };

    public BleuCommand()
        : base("bleu", "BLEU and chrF of a corpus, as sacreBLEU 2 computes them by default, each with its signature.")
    {
        Register(hypotheses);
        Register(references);
        Register(asJson);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani bleu translations.en references.en",
        "galvani translate --source test.ru -o test.out && galvani bleu test.out test.en --json",
    ];

    protected override int Execute(ParseResult result)
    {
        var (translated, reference) = (result.GetValue(hypotheses)!, result.GetValue(references)!);
        var (left, right) = (InputFile.ReadLines(translated, out var leftBroken), InputFile.ReadLines(reference, out var rightBroken));
        if (left.Count != right.Count || left.Count == 0)
            throw new CommandException($"{translated} has {Numbers.Of(left.Count, "line")} and {reference} {right.Count}, expected as many, and at least one.");
        var (bleu, chrf) = (BleuScore.Of(left, right), ChrfScore.Of(left, right));
        if (result.GetValue(asJson))
            Standard.WriteJson(json => WriteJson(json, bleu, chrf, left.Count));
        else
            Standard.Write(output => output.Write(Text(bleu, chrf)));
        if (leftBroken + rightBroken is > 0 and var broken)
            StandardError.Note($"{Numbers.Of(broken, "line")} had broken UTF-8; each broken byte became U+FFFD");
        return ExitCodes.Done;
    }

    private static string Text(BleuScore bleu, ChrfScore chrf)
    {
        var precisions = string.Join('/', bleu.Precisions.Select(precision => precision.ToString("0.0", CultureInfo.InvariantCulture)));
        var ratio = bleu.ReferenceLength == 0 ? 0 : (double)bleu.HypothesisLength / bleu.ReferenceLength;
        return string.Create(CultureInfo.InvariantCulture,
            $"BLEU|{BleuScore.Signature} = {bleu.Score:0.00} {precisions} (BP = {bleu.BrevityPenalty:0.000} ratio = {ratio:0.000} hyp_len = {bleu.HypothesisLength} ref_len = {bleu.ReferenceLength})\nchrF2|{ChrfScore.Signature} = {chrf.Score:0.00}\n");
    }

    private static void WriteJson(JsonText json, BleuScore bleu, ChrfScore chrf, int lines)
    {
        json.BeginObject().Name("lines").Number(lines);
        json.Name("bleu").BeginObject().Name("score").Number(bleu.Score).Name("signature").Text(BleuScore.Signature).Name("precisions").BeginArray();
        foreach (var precision in bleu.Precisions)
            json.Number(precision);
        json.EndArray().Name("brevity_penalty").Number(bleu.BrevityPenalty);
        json.Name("hypothesis_length").Number(bleu.HypothesisLength).Name("reference_length").Number(bleu.ReferenceLength).EndObject();
        json.Name("chrf").BeginObject().Name("score").Number(chrf.Score).Name("signature").Text(ChrfScore.Signature).EndObject().EndObject();
    }
}
