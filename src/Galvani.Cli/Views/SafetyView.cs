using System.Globalization;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --safety</c>: what a Python loader would have executed, with a verdict.</summary>
internal static class SafetyView
{
    public static void WriteText(TextWriter output, SafetyScan scan)
    {
        output.Write($"{Name(scan.Verdict)}\n");
        if (scan.Problem is not null)
            output.Write($"{PlainText.Visible(scan.Problem)}\n");
        var table = new TextTable("byte", "opcode", "global", "");
        foreach (var finding in scan.Findings)
        {
            var what = (SafetyScan.IsDangerous(finding.Global) ? "dangerous" : "unknown") + (finding.IsCalled ? ", would be called" : ", would be imported");
            table.Add(finding.ByteOffset.ToString(CultureInfo.InvariantCulture), finding.Opcode, PlainText.Visible(finding.Global), what);
        }

        if (scan.Findings.Count > 0)
            table.Write(output);
    }

    public static void WriteJson(JsonText json, SafetyScan scan)
    {
        json.BeginObject().Name("verdict").Text(Name(scan.Verdict)).Name("findings").BeginArray();
        foreach (var finding in scan.Findings)
        {
            json.BeginObject().Name("global").Text(finding.Global).Name("opcode").Text(finding.Opcode).Name("byteOffset").Number(finding.ByteOffset).Name("arguments").BeginArray();
            foreach (var argument in finding.Arguments)
                WriteArgument(json, argument);
            json.EndArray().EndObject();
        }

        json.EndArray();
        if (scan.Problem is not null)
            json.Name("problem").Text(scan.Problem);
        json.EndObject();
    }

    /// <summary>An argument; of one that is too large to be written, that it is.</summary>
    private static void WriteArgument(JsonText json, PickleValue argument)
    {
        var settings = new ObjectView.Settings(ShowAll: false) { IsFileClosed = true };
        if (ObjectView.IsSmall(argument, settings))
            ObjectView.WriteValue(json, argument, settings);
        else
            json.BeginObject().Name("truncated").Number(1L).EndObject();
    }

    private static string Name(SafetyVerdict verdict) => verdict switch
    {
        SafetyVerdict.Safe => "safe",
        SafetyVerdict.Dangerous => "dangerous",
        SafetyVerdict.Unreadable => "unreadable",
        _ => "unknown",
    };
}
