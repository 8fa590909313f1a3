using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --values NAME</c>: the numbers of a tensor; of a large one the edges.</summary>
internal static class ValuesView
{
    private const int Edge = 3;
    private const int SmallElements = 1000;
    private const int NarrowestRow = 40;

    public static void WriteText(TextWriter output, OpenNmtTensor tensor, bool showAll) => WriteText(output, tensor, showAll, showAll ? null : TextWrap.TerminalColumns);

    /// <param name="output">Receives the text.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="showAll">Cut nothing.</param>
    /// <param name="columns">The width at which rows of numbers go on in a further line, for few numbers; null for none.</param>
    public static void WriteText(TextWriter output, OpenNmtTensor tensor, bool showAll, int? columns)
    {
        var view = tensor.View;
        output.Write($"{PlainText.Visible(tensor.Name)}  {view.DType.TorchName()}  {TensorsView.Shape(view)}\n");
        var edge = showAll || view.ElementCount <= SmallElements ? int.MaxValue : Edge;
        if (columns is { } width)
        {
            var numbers = new StringWriter();
            WriteAxis(numbers, view, axis: 0, first: 0, stride: view.ElementCount, edge, indent: "");
            foreach (var row in numbers.ToString().Split('\n'))
                WriteRow(output, row, width);
            return;
        }

        WriteAxis(output, view, axis: 0, first: 0, stride: view.ElementCount, edge, indent: "");
        output.Write("\n");
    }

    /// <summary>A row of numbers, which goes on below its first number where it is too wide.</summary>
    private static void WriteRow(TextWriter output, string row, int width)
    {
        var numbers = row.TrimStart('[', ' ');
        var indent = row.Length - numbers.Length;
        var lines = TextWrap.Lines(numbers, Math.Max(NarrowestRow, width - indent));
        for (var i = 0; i < lines.Count; i++)
            output.Write((i == 0 ? row[..indent] : new string(' ', indent)) + lines[i] + "\n");
    }

    public static void WriteJson(JsonText json, OpenNmtTensor tensor, ObjectView.Settings settings) =>
        ObjectView.WriteTensor(json, tensor.View, settings);

    private static void WriteAxis(TextWriter output, TensorView view, int axis, long first, long stride, int edge, string indent)
    {
        if (axis == view.Rank)
        {
            output.Write(Text(view.ReadElement(first)));
            return;
        }

        var size = view.Shape[axis];
        var inner = size == 0 ? 0 : stride / size;
        var isLast = axis == view.Rank - 1;
        output.Write('[');
        for (long i = 0; i < size; i++)
        {
            if (i > 0)
                output.Write(isLast ? ", " : ",\n" + indent + " ");
            if (edge != int.MaxValue && size > 2 * edge && i == edge)
            {
                output.Write("...");
                i = size - edge - 1;
                continue;
            }

            WriteAxis(output, view, axis + 1, first + i * inner, inner, edge, indent + " ");
        }

        output.Write(']');
    }

    private static string Text(TensorElement element) => element.Kind switch
    {
        TensorElementKind.Real => Numbers.Text(element.DType, element.Real).Trim('"'),
        _ => element.ToString(),
    };
}
