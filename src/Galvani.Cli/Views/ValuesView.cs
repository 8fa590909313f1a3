using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Commands;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --values NAME</c>: the numbers of a tensor; of a large one the edges.</summary>
internal static class ValuesView
{
    private const int NarrowestRow = 40;

    public static void WriteText(TextWriter output, OpenNmtTensor tensor, ObjectView.Settings settings) => WriteText(output, tensor, settings, settings.ShowAll ? null : TextWrap.TerminalColumns);

    /// <param name="output">Receives the text.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="settings">Whether anything is cut, and the most numbers that are shown else.</param>
    /// <param name="columns">The width at which rows of numbers go on in a further line, for few numbers; null for none.</param>
    /// <exception cref="Hosting.CommandException">There are more numbers than the limit.</exception>
    public static void WriteText(TextWriter output, OpenNmtTensor tensor, ObjectView.Settings settings, int? columns)
    {
        var view = tensor.View;
        if (settings.ShowAll && view.ElementCount > settings.MaximumNodes / JsonText.NodesOf(view.DType))
            throw LimitOption.TooManyNodes(settings.MaximumNodes);
        output.Write($"{PlainText.Visible(tensor.Name)}  {view.DType.TorchName()}  {TensorsView.Shape(view)}\n");
        if (columns is { } width)
        {
            var numbers = new StringWriter();
            new ElementGrid(numbers, view, settings.ShowAll).Write();
            foreach (var row in numbers.ToString().Split('\n'))
                WriteRow(output, row, width);
            return;
        }

        new ElementGrid(output, view, settings.ShowAll).Write();
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
}
