using System.Runtime.InteropServices;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>A weight in single precision: in each panel the 16 weights of one input component side by side.</summary>
public sealed class PackedMatrix : ProductWeight
{
    private readonly AlignedMemory<float> storage;

    internal PackedMatrix(int outputWidth, int inputWidth)
        : base(outputWidth, inputWidth) => storage = AlignedMemory<float>.Lasting((long)PanelCount * PanelWidth * inputWidth);

    /// <summary>A stored weight; <see cref="StoredWeight"/> has checked the sizes.</summary>
    internal PackedMatrix(int outputWidth, int inputWidth, MappedMemory file, long byteOffset)
        : base(outputWidth, inputWidth) => storage = AlignedMemory<float>.Mapped(file, byteOffset, (long)PanelCount * PanelWidth * inputWidth);

    private PackedMatrix(int outputWidth, int inputWidth, AlignedMemory<float>? reused)
        : base(outputWidth, inputWidth) => storage = AlignedMemory<float>.Reuse(reused, (long)PanelCount * PanelWidth * inputWidth);

    /// <inheritdoc/>
    public override ProductFormat Format => ProductFormat.Single;

    /// <summary>Packs a weight.</summary>
    /// <param name="weight">[N, K], row-major, as PyTorch stores it.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <exception cref="ArgumentException">The weight has another number of elements.</exception>
    public static PackedMatrix Pack(ReadOnlySpan<float> weight, int outputWidth, int inputWidth) =>
        (PackedMatrix)Pack(weight, outputWidth, inputWidth, ProductFormat.Single);

    /// <summary>[PanelCount, K, 16].</summary>
    internal ReadOnlySpan<float> Panels => storage.Values;

    internal override ReadOnlySpan<byte> PanelContent => MemoryMarshal.AsBytes(Panels);

    internal override void SetPanel(int panel, ReadOnlySpan<float> rows) =>
        PanelTransposition.Run(rows, InputWidth, storage.Span.Slice(panel * PanelWidth * InputWidth, PanelWidth * InputWidth));

    internal override void ReadRow(int output, int first, Span<float> destination)
    {
        var (panel, column) = Math.DivRem(output, PanelWidth);
        var weights = Panels.Slice(panel * PanelWidth * InputWidth, PanelWidth * InputWidth);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = weights[(first + i) * PanelWidth + column];
    }

    private protected override ProductWeight CreateSelection(int outputWidth, ProductWeight? reused) => new PackedMatrix(outputWidth, InputWidth, ((PackedMatrix?)reused)?.storage);

    internal override void CopyPanel(int panel, ProductWeight source, ReadOnlySpan<int> outputs)
    {
        Span<int> offsets = stackalloc int[PanelWidth]; // of each output's first component
        for (var i = 0; i < outputs.Length; i++)
            offsets[i] = outputs[i] / PanelWidth * PanelWidth * InputWidth + outputs[i] % PanelWidth;
        var from = ((PackedMatrix)source).Panels;
        var to = storage.Span.Slice(panel * PanelWidth * InputWidth, PanelWidth * InputWidth);
        if (outputs.Length < PanelWidth)
            to.Clear();
        offsets = offsets[..outputs.Length];
        for (var k = 0; k < to.Length; k += PanelWidth)
        {
            var components = to.Slice(k, PanelWidth);
            for (var i = 0; i < offsets.Length; i++)
                components[i] = from[offsets[i] + k];
        }
    }

    internal override void Prepare(ReadOnlySpan<float> input, ProductWorkspace workspace)
    {
        // Rows are read as they are.
    }

    internal override unsafe void Multiply(float* input, ProductWorkspace workspace, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead) =>
        Multiply(input, target, rows, panels, ahead);

    /// <summary>Some outputs of some rows, without a workspace, which this format does not need.</summary>
    internal unsafe void Multiply(float* input, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
    {
        fixed (float* weights = Panels)
        {
            var operands = new ProductOperands
            {
                Input = (byte*)input,
                InputRowBytes = (nint)InputWidth * sizeof(float),
                Weight = (byte*)weights,
                PanelBytes = (nint)InputWidth * PanelWidth * sizeof(float),
                StepCount = InputWidth,
            };
            if (InstructionSets.Products != ProductCode.Compiled)
            {
                ProductDriver.MultiplyByCode<StepKinds.Single>(operands, target, rows, panels, ahead);
                return;
            }

            switch (InstructionSets.Current)
            {
                case InstructionSet.Avx512: ProductDriver.Multiply<ProductTile<SingleStep<Lanes512>, Lanes512, TileShapes.SixRowsOfFour>, Lanes512>(operands, target, rows, panels, ahead); break;
                case InstructionSet.Avx2: ProductDriver.Multiply<ProductTile<SingleStep<Lanes256>, Lanes256, TileShapes.SixRows>, Lanes256>(operands, target, rows, panels, ahead); break;
                default: ProductDriver.Multiply<ProductTile<SingleStep<ScalarLanes>, ScalarLanes, TileShapes.SixRows>, ScalarLanes>(operands, target, rows, panels, ahead); break;
            }
        }
    }
}
