using System.CommandLine;
using System.Globalization;
using Galvani.Checkpoints.Operations;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani verify</c>: is a file whole and consistent?</summary>
internal sealed class VerifyCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly Argument<string?> file = new("FILE") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", Arity = ArgumentArity.ZeroOrOne };
    private readonly LimitOption limits = new();
    private readonly Option<bool> json = new("--json") { Description = "One JSON document." };

    public VerifyCommand(Interruption interruption)
        : base("verify", "Reads a whole file: every entry against its checksum, every tensor against its storage, shapes against options. Exit code 0: whole and consistent; 1: every problem is listed.")
    {
        this.interruption = interruption;
        Register(file);
        Register(limits.Option);
        Register(json);
    }

    public override IReadOnlyList<string> Examples => ["galvani verify model.pt", "galvani verify model.pt --json"];

    protected override int Execute(ParseResult result)
    {
        var path = ModelLocator.Resolve(result.GetValue(file));
        var bounds = limits.Read(result);
        var (report, content) = OpenNmtVerification.VerifyFiles(path, bounds, interruption.Token);
        var problems = report.Problems.Select(problem => problem + LimitOption.Hint(problem)).ToList();
        var kind = content ?? "unreadable";
        if (result.GetValue(json))
        {
            Standard.WriteJson(output => output.BeginObject().Name("file").Text(path).Name("ok").Flag(problems.Count == 0).Name("kind").Text(kind).Name("entries").Number((long)report.EntryCount)
                .Name("without_checksum").Number((long)report.UncheckedEntryCount).Name("tensors").Number((long)report.TensorCount).Name("bytes").Number(report.Bytes).Name("problems").Texts(problems).EndObject());
        }
        else
            Standard.Write(output => WriteText(output, path, report, problems, kind));
        return problems.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void WriteText(TextWriter output, string path, VerificationReport report, List<string> problems, string kind)
    {
        foreach (var problem in problems)
            output.Write($"{PlainText.Visible(problem)}\n");
        var checksums = report.UncheckedEntryCount > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({report.UncheckedEntryCount} with no checksum)") : "";
        output.Write(string.Create(CultureInfo.InvariantCulture,
            $"{PlainText.Visible(path)}: {(problems.Count == 0 ? "whole and consistent" : Numbers.Of(problems.Count, "problem"))}, {kind}, {Numbers.Of(report.EntryCount, "entry")}{checksums}, {Numbers.Of(report.TensorCount, "tensor")}, {Numbers.Bytes(report.Bytes)} read\n"));
    }
}
