using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Cli.Output;

/// <summary>Writes the elements of a tensor as JSON, each behind a comma and a space; of many elements, parts are put into words by all processors at once and written in their order.</summary>
internal sealed class ElementWriter : IParallelWork
{
    private const int PartElements = 1 << 13;

    private readonly TensorView view;
    private readonly long elementCount;
    private readonly ElementText texts;
    private readonly Part[] parts;
    private long firstElement; // of the parts under way

    private ElementWriter(TensorView view, long elementCount, int partCount)
    {
        (this.view, this.elementCount) = (view, elementCount);
        texts = new ElementText(view.DType, elementCount);
        parts = new Part[partCount];
        var partElements = (int)Math.Min(PartElements, elementCount);
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new Part(new byte[partElements * view.DType.ElementBytes()], new byte[partElements * ElementText.Longest]);
    }

    /// <summary>Gives the first elements of a tensor, in row-major order.</summary>
    /// <param name="view">A tensor.</param>
    /// <param name="elementCount">How many.</param>
    /// <param name="write">Receives the text in parts; the first begins with the separator, too.</param>
    /// <exception cref="Checkpoints.UnsupportedCheckpointException">The type is only recognised.</exception>
    public static void Write(TensorView view, long elementCount, Action<ReadOnlySpan<byte>> write)
    {
        if (elementCount <= PartElements)
        {
            new ElementWriter(view, elementCount, partCount: 1).WriteAll(pool: null, write);
            return;
        }

        using var pool = new WorkerPool(Environment.ProcessorCount);
        new ElementWriter(view, elementCount, (int)Math.Min(2L * pool.ThreadCount, (elementCount + PartElements - 1) / PartElements)).WriteAll(pool, write);
    }

    void IParallelWork.Run(int chunk)
    {
        var first = firstElement + (long)chunk * PartElements;
        var part = parts[chunk];
        var elements = part.Elements.AsSpan(0, (int)Math.Clamp(elementCount - first, 0, PartElements) * view.DType.ElementBytes());
        if (!elements.IsEmpty)
            view.CopyElements(elements, first);
        part.TextLength = texts.Write(elements, part.Text);
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
