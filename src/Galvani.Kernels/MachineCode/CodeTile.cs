using System.Runtime.CompilerServices;

namespace Galvani.Kernels.MachineCode;

/// <summary>A kind of step as a type, so that a tile's code is found without a branch.</summary>
internal interface IStepKind
{
    /// <summary>The kind.</summary>
    static abstract StepKind Kind { get; }
}

/// <summary>The kinds of steps.</summary>
internal static class StepKinds
{
    /// <inheritdoc cref="StepKind.Single"/>
    public readonly struct Single : IStepKind
    {
        public static StepKind Kind => StepKind.Single;
    }

    /// <inheritdoc cref="StepKind.Bytes"/>
    public readonly struct Bytes : IStepKind
    {
        public static StepKind Kind => StepKind.Bytes;
    }

    /// <inheritdoc cref="StepKind.Shorts"/>
    public readonly struct Shorts : IStepKind
    {
        public static StepKind Kind => StepKind.Shorts;
    }

    /// <inheritdoc cref="StepKind.Quads"/>
    public readonly struct Quads : IStepKind
    {
        public static StepKind Kind => StepKind.Quads;
    }
}

/// <summary>A tile whose code this process has written; only where <see cref="InstructionSets.Products"/> says so.</summary>
/// <typeparam name="TKind">How it multiplies.</typeparam>
internal readonly unsafe struct CodeTile<TKind> : IProductTile
    where TKind : struct, IStepKind
{
    /// <inheritdoc/>
    public static int RowCount => TileCode.RowCount(InstructionSets.Products, TKind.Kind);

    /// <inheritdoc/>
    public static int PanelCount(int rowCount) => TileCode.PanelCount(InstructionSets.Products, TKind.Kind, rowCount);

    /// <inheritdoc/>
    public static bool HasEpilogue => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int rowCount, int panelCount, ref ProductOperands operands, int* sums)
    {
        fixed (ProductOperands* read = &operands)
            TilePrograms.Find(TKind.Kind, rowCount, panelCount)(read, sums);
    }
}
