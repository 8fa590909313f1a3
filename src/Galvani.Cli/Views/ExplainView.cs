using System.Globalization;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --explain NAME</c>: what each dimension of a tensor means, and why it has its size.</summary>
internal static class ExplainView
{
    public static void WriteText(TextWriter output, OpenNmtTensor tensor, TensorExplanation explanation)
    {
        output.Write($"{PlainText.Visible(tensor.Name)}  {TensorsView.Shape(tensor.View)}\n");
        output.Write($"{explanation.PaperName}: {explanation.Role}\n");
        var table = new TextTable("size", "meaning", "why").AlignRight(0).FoldAt(TextWrap.TerminalColumns);
        foreach (var dimension in explanation.Dimensions)
            table.Add(dimension.Size.ToString(CultureInfo.InvariantCulture), dimension.Meaning, dimension.Origin);
        table.Write(output, "  ");
    }

    public static void WriteJson(JsonText json, OpenNmtTensor tensor, TensorExplanation explanation)
    {
        json.BeginObject().Name("name").Text(tensor.Name).Name("paper_name").Text(explanation.PaperName).Name("role").Text(explanation.Role).Name("dimensions").BeginArray();
        foreach (var dimension in explanation.Dimensions)
            json.BeginObject().Name("size").Number(dimension.Size).Name("meaning").Text(dimension.Meaning).Name("origin").Text(dimension.Origin).EndObject();
        json.EndArray().EndObject();
    }
}
