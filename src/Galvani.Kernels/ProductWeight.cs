using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>
/// A weight [N, K] (out, in) laid out for <see cref="MatMul"/> in one of the <see cref="ProductFormat"/>s: panels of 16 outputs over the whole K, the last filled up
/// with zeros. Immutable once built; may be read by many threads.
/// </summary>
public abstract class ProductWeight
{
    /// <summary>The outputs of a panel.</summary>
    internal const int PanelWidth = LaneMath.LaneCount;

    private ProductWeight? selectedFrom;
    private PanelPlace? place;

    private protected ProductWeight(int outputWidth, int inputWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputWidth);
        ArgumentOutOfRangeException.ThrowIfNegative(inputWidth);
        (OutputWidth, InputWidth) = (outputWidth, inputWidth);
        PanelCount = (int)(((long)outputWidth + PanelWidth - 1) / PanelWidth);
    }

    /// <summary>N.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>How the weight is held.</summary>
    public abstract ProductFormat Format { get; }

    /// <summary>N / 16, rounded up.</summary>
    internal int PanelCount { get; }

    /// <summary>
    /// The rows with which a thread that reads a weight for itself takes no longer than threads that share it out and read it once, as measured: the more bytes a weight has and the less is fetched ahead, the more rows it takes.
    /// </summary>
    /// <param name="format">How weights are held.</param>
    public static int RowsWorthReading(ProductFormat format)
    {
        if (format != ProductFormat.Single)
            return 8;
        return InstructionSets.Products == ProductCode.Compiled ? 32 : 15;
    }

    /// <summary>Packs a weight.</summary>
    /// <param name="weight">[N, K], row-major, as PyTorch stores it.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How to hold it.</param>
    /// <exception cref="ArgumentException">The weight has another number of elements.</exception>
    public static ProductWeight Pack(ReadOnlySpan<float> weight, int outputWidth, int inputWidth, ProductFormat format)
    {
        if (weight.Length != (long)outputWidth * inputWidth)
            throw new ArgumentException($"A weight of {weight.Length} elements is not [{outputWidth}, {inputWidth}].", nameof(weight));
        var packed = Create(outputWidth, inputWidth, format);
        for (var panel = 0; panel < packed.PanelCount; panel++)
        {
            var first = panel * PanelWidth;
            packed.SetPanel(panel, weight.Slice(first * inputWidth, Math.Min(PanelWidth, outputWidth - first) * inputWidth));
        }

        return packed;
    }

    /// <summary>Packs a weight that lies elsewhere.</summary>
    /// <param name="rows">Gives [N, K], some rows at a time.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How to hold it.</param>
    /// <param name="pool">Shares the work; null for the calling thread alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is none, or the input is too wide for it.</exception>
    /// <exception cref="OverflowException">The matrix has more elements than an array can hold.</exception>
    public static ProductWeight Pack(IWeightRows rows, int outputWidth, int inputWidth, ProductFormat format, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var packed = Create(outputWidth, inputWidth, format);
        var packing = new WeightPacking(packed, rows);
        if (pool is not null)
            pool.Run(packing, packing.ChunkCount);
        else
        {
            for (var chunk = 0; chunk < packing.ChunkCount; chunk++)
                packing.Run(chunk);
        }

        return packed;
    }

    /// <summary>The numbers that the weight stands for: exactly those it was packed from in single precision, rounded ones in 8 bits.</summary>
    /// <param name="firstElement">The row-major index in [N, K] of the first.</param>
    /// <param name="destination">As many as it has are read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the weight.</exception>
    public void ReadElements(long firstElement, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, (long)OutputWidth * InputWidth - firstElement);
        while (!destination.IsEmpty)
        {
            var (output, first) = ((int)(firstElement / InputWidth), (int)(firstElement % InputWidth));
            var part = destination[..Math.Min(InputWidth - first, destination.Length)];
            ReadRow(output, first, part);
            destination = destination[part.Length..];
            firstElement += part.Length;
        }
    }

    /// <summary>The panels as they lie in memory.</summary>
    internal abstract ReadOnlySpan<byte> PanelContent { get; }

    /// <summary>Where they lie.</summary>
    internal PanelPlace Place => place ??= new PanelPlace(PanelContent, PanelCount);

    /// <summary>The panels that were multiplied with after these the last time, whose beginning is fetched at the end of these. A hint: threads may write it side by side.</summary>
    internal PanelPlace? Follower { get; set; }

    /// <summary>What the integers of each output count; empty in single precision.</summary>
    internal virtual ReadOnlySpan<float> Scales => [];

    /// <summary>The sum of each output's integers; empty in single precision.</summary>
    internal virtual ReadOnlySpan<int> WeightSums => [];

    /// <summary>Reads a part of the weights of an output.</summary>
    /// <param name="output">0-based.</param>
    /// <param name="first">The input component of the first.</param>
    /// <param name="destination">As many as it has are read.</param>
    internal abstract void ReadRow(int output, int first, Span<float> destination);

    /// <summary>
    /// The weight of some outputs alone. Each of its outputs has the very numbers of the whole weight's, so a product gives the same bits.
    /// </summary>
    /// <param name="outputs">The outputs, in the order wanted.</param>
    /// <param name="reused">An earlier selection from this weight, whose memory is taken over and which must not be used any more; null for new memory.</param>
    /// <param name="pool">Shares the work; null for the calling thread alone.</param>
    /// <exception cref="ArgumentException">An output is none of this weight's, or <paramref name="reused"/> was not selected from this weight.</exception>
    public ProductWeight Select(ReadOnlyMemory<int> outputs, ProductWeight? reused = null, WorkerPool? pool = null)
    {
        foreach (var output in outputs.Span)
        {
            if ((uint)output >= (uint)OutputWidth)
                throw new ArgumentException($"The output {output} is none of a weight that has {OutputWidth}.", nameof(outputs));
        }

        if (reused is not null && (ReferenceEquals(reused, this) || reused.selectedFrom != this))
            throw new ArgumentException("The weight to reuse was not selected from this one.", nameof(reused));
        var selected = CreateSelection(outputs.Length, reused);
        selected.selectedFrom = this;
        var selection = new OutputSelection(this, selected, outputs);
        if (pool is not null)
            pool.Run(selection, selection.ChunkCount);
        else
        {
            for (var chunk = 0; chunk < selection.ChunkCount; chunk++)
                selection.Run(chunk);
        }

        return selected;
    }

    /// <summary>An empty weight of the same format and K.</summary>
    /// <param name="outputWidth">N.</param>
    /// <param name="reused">Of the same kind, gives up its memory; null for new memory.</param>
    private protected abstract ProductWeight CreateSelection(int outputWidth, ProductWeight? reused);

    /// <summary>Fills a panel from another weight of this format and K.</summary>
    /// <param name="panel">0-based.</param>
    /// <param name="source">The other weight.</param>
    /// <param name="outputs">At most 16 of its outputs; what they do not fill becomes zero.</param>
    internal abstract void CopyPanel(int panel, ProductWeight source, ReadOnlySpan<int> outputs);

    /// <summary>Sets the weights of a panel; only while the weight is packed, and different panels by different threads.</summary>
    /// <param name="panel">0-based.</param>
    /// <param name="rows">[16, K], fewer rows in the last panel.</param>
    internal abstract void SetPanel(int panel, ReadOnlySpan<float> rows);

    /// <summary>Brings rows into the form that <see cref="Multiply"/> reads; it stays valid until the workspace's next product.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="workspace">Receives what the form needs.</param>
    internal abstract void Prepare(ReadOnlySpan<float> input, ProductWorkspace workspace);

    /// <summary>Some outputs of some rows; many threads may do different parts of one product side by side.</summary>
    /// <param name="input">[R, K], the rows that <see cref="Prepare"/> had, pinned.</param>
    /// <param name="workspace">What <see cref="Prepare"/> left.</param>
    /// <param name="target">What is written.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="ahead">What is fetched meanwhile.</param>
    internal abstract unsafe void Multiply(float* input, ProductWorkspace workspace, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead);

    internal static ProductWeight Create(int outputWidth, int inputWidth, ProductFormat format) => format switch
    {
        ProductFormat.Single => new PackedMatrix(outputWidth, inputWidth),
        ProductFormat.Int8 or ProductFormat.Int8Exact or ProductFormat.Int8Quads => new QuantizedMatrix(outputWidth, inputWidth, format),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "This is no format of a weight."),
    };
}

/// <summary>Indices from <paramref name="First"/> to in front of <paramref name="End"/>.</summary>
internal readonly record struct IndexRange(int First, int End);
