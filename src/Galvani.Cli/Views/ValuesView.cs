using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --values NAME</c>: the numbers of a tensor; of a large one the edges.</summary>
internal static class ValuesView
{
    private const int Edge = 3;
    private const int SmallElements = 1000;

    public static void WriteText(TextWriter output, OpenNmtTensor tensor, bool showAll)
    {
        var view = tensor.View;
        output.Write($"{PlainText.Visible(tensor.Name)}  {view.DType.TorchName()}  {TensorsView.Shape(view)}\n");
        var edge = showAll || view.ElementCount <= SmallElements ? int.MaxValue : Edge;
        WriteAxis(output, view, axis: 0, first: 0, stride: view.ElementCount, edge, indent: "");
        output.Write("\n");
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
