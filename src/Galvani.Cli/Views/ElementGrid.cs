using System.Text;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary>The numbers of a tensor in brackets, one pair a row of each axis. Of a large tensor the first and the last of each axis are shown, and where its axes are too many for that, the first.</summary>
internal sealed class ElementGrid
{
    private const int Edge = 3;
    private const int SmallElements = 1000;
    private const int MostCutElements = 10_000;
    private const int BufferCharacters = 1 << 12;

    private readonly TextWriter output;
    private readonly TensorView view;
    private readonly bool isCut;
    private readonly TensorElement[] elements = new TensorElement[Edge]; // a range, from readFirst on
    private readonly byte[] utf8 = new byte[ElementText.Longest];
    private readonly char[] characters = new char[BufferCharacters];
    private long readFirst = -1;
    private int readCount;
    private int remaining = MostCutElements; // that may still be written

    /// <param name="output">Receives the text.</param>
    /// <param name="view">The tensor.</param>
    /// <param name="showAll">Cut nothing.</param>
    public ElementGrid(TextWriter output, TensorView view, bool showAll)
    {
        (this.output, this.view) = (output, view);
        isCut = !showAll && view.ElementCount > SmallElements;
    }

    /// <summary>Writes all.</summary>
    public void Write()
    {
        if (view.ElementCount == 0)
            output.Write("[]"); // however many rows of nothing there are
        else if (isCut)
            WriteAxis(axis: 0, first: 0, stride: view.ElementCount, indent: "");
        else
        {
            output.Write(new string('[', view.Rank));
            ElementWriter.WritePlain(view, WriteAscii);
            output.Write(new string(']', view.Rank));
        }
    }

    private void WriteAxis(int axis, long first, long stride, string indent)
    {
        if (axis == view.Rank)
        {
            remaining--;
            WriteElement(first);
            return;
        }

        var size = view.Shape[axis];
        var inner = stride / size;
        var isLast = axis == view.Rank - 1;
        output.Write('[');
        for (long i = 0; i < size; i++)
        {
            if (i > 0)
                output.Write(isLast ? ", " : ",\n" + indent + " ");
            if (remaining == 0)
            {
                output.Write("...");
                break;
            }

            if (size > 2 * Edge && i == Edge)
            {
                output.Write("...");
                i = size - Edge - 1;
                continue;
            }

            WriteAxis(axis + 1, first + i * inner, inner, indent + " ");
        }

        output.Write(']');
    }

    private void WriteElement(long index)
    {
        if (index < readFirst || index >= readFirst + readCount)
        {
            (readFirst, readCount) = (index, (int)Math.Min(elements.Length, view.ElementCount - index));
            view.ReadElements(elements.AsSpan(0, readCount), index);
        }

        WriteAscii(utf8.AsSpan(0, ElementText.Format(elements[(int)(index - readFirst)], ElementForm.Plain, utf8)));
    }

    private void WriteAscii(ReadOnlySpan<byte> ascii)
    {
        while (!ascii.IsEmpty)
        {
            var part = ascii[..Math.Min(characters.Length, ascii.Length)];
            Encoding.ASCII.GetChars(part, characters);
            output.Write(characters.AsSpan(0, part.Length));
            ascii = ascii[part.Length..];
        }
    }
}
