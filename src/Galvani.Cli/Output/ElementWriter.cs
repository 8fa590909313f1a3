using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Cli.Output;

/// <summary>Writes the elements of a tensor as text, in row-major order and without the outermost brackets; of many elements, parts are put into words by all processors at once and written in their order.</summary>
internal sealed class ElementWriter : IParallelWork
{
    private const int PartElements = 1 << 13;

    private readonly TensorView view;
    private readonly long elementCount;
    private readonly ElementText texts;
    private readonly ElementBrackets brackets;
    private readonly Part[] parts;
    private long firstElement; // of the parts under way

    private ElementWriter(TensorView view, long elementCount, ElementForm form, ElementBrackets brackets, int partCount)
    {
        (this.view, this.elementCount, this.brackets) = (view, elementCount, brackets);
        texts = new ElementText(view.DType, form, elementCount);
        parts = new Part[partCount];
        var partElements = (int)Math.Min(PartElements, elementCount);
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new Part(new byte[partElements * view.DType.ElementBytes()], new byte[partElements * (ElementText.Longest + brackets.LongestSeparator)]);
    }

    /// <summary>Gives the first elements of a tensor as what stands between the brackets of one JSON array.</summary>
    /// <param name="view">A tensor.</param>
    /// <param name="elementCount">How many.</param>
    /// <param name="write">Receives the text in parts.</param>
    /// <exception cref="Checkpoints.UnsupportedCheckpointException">The type is only recognised.</exception>
    public static void WriteJson(TensorView view, long elementCount, Action<ReadOnlySpan<byte>> write) => Write(view, elementCount, ElementForm.Json, new ElementBrackets([elementCount]), write);

    /// <summary>Gives all elements of a tensor for people, a pair of brackets and a line for each row of each axis.</summary>
    /// <param name="view">A tensor of one element at least.</param>
    /// <param name="write">Receives the text in parts, which is ASCII.</param>
    /// <exception cref="Checkpoints.UnsupportedCheckpointException">The type is only recognised.</exception>
    public static void WritePlain(TensorView view, Action<ReadOnlySpan<byte>> write) => Write(view, view.ElementCount, ElementForm.Plain, new ElementBrackets(view.Shape), write);

    private static void Write(TensorView view, long elementCount, ElementForm form, ElementBrackets brackets, Action<ReadOnlySpan<byte>> write)
    {
        if (elementCount <= PartElements)
        {
            new ElementWriter(view, elementCount, form, brackets, partCount: 1).WriteAll(pool: null, write);
            return;
        }

        using var pool = new WorkerPool(Environment.ProcessorCount);
        var partCount = (int)Math.Min(2L * pool.ThreadCount, (elementCount + PartElements - 1) / PartElements);
        new ElementWriter(view, elementCount, form, brackets, partCount).WriteAll(pool, write);
    }

    void IParallelWork.Run(int chunk)
    {
        var first = firstElement + (long)chunk * PartElements;
        var part = parts[chunk];
        var elements = part.Elements.AsSpan(0, (int)Math.Clamp(elementCount - first, 0, PartElements) * view.DType.ElementBytes());
        if (!elements.IsEmpty)
            view.CopyElements(elements, first);
        part.TextLength = Write(elements, first, part.Text);
    }

    private int Write(ReadOnlySpan<byte> elements, long first, Span<byte> destination)
    {
        var elementBytes = view.DType.ElementBytes();
        var written = 0;
        while (!elements.IsEmpty)
        {
            if (first > 0)
            {
                var separator = brackets.Before(first);
                separator.CopyTo(destination[written..]);
                written += separator.Length;
            }

            var run = (int)Math.Min(brackets.RunLength(first), elements.Length / elementBytes);
            written += texts.Write(elements[..(run * elementBytes)], brackets.InRun, destination[written..]);
            elements = elements[(run * elementBytes)..];
            first += run;
        }

        return written;
    }

    private void WriteAll(WorkerPool? pool, Action<ReadOnlySpan<byte>> write)
    {
        for (firstElement = 0; firstElement < elementCount; firstElement += (long)parts.Length * PartElements)
        {
            if (pool is null)
                ((IParallelWork)this).Run(0);
            else
                pool.Run(this, parts.Length);
            foreach (var part in parts)
                write(part.Text.AsSpan(0, part.TextLength));
        }
    }

    private sealed class Part(byte[] elements, byte[] text)
    {
        public byte[] Elements { get; } = elements;

        public byte[] Text { get; } = text;

        public int TextLength { get; set; }
    }
}
