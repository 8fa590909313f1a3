namespace Galvani.Kernels;

/// <summary>
/// The inner product of some rows with some panels: the one part of a product that is written for an instruction set and a number format. <see cref="ProductDriver"/>
/// walks over rows and panels with it; another implementation, such as machine code for instructions that the runtime has no class for, takes its place by its type.
/// </summary>
internal unsafe interface IProductTile
{
    /// <summary>The most rows that a tile takes.</summary>
    static abstract int RowCount { get; }

    /// <summary>How many panels a tile of so many rows takes at once: 1, 2 or 4.</summary>
    static abstract int PanelCount(int rowCount);

    /// <summary>Whether a tile takes its sums through a <see cref="ProductTarget.IsPlain">plain</see> epilogue itself where its operands say where to.</summary>
    static abstract bool HasEpilogue { get; }

    /// <summary>Sums the products of a tile, each sum in order of K; or of several, one below the other, where the operands say so, which then are left at the row behind them.</summary>
    /// <param name="rowCount">1 to <see cref="RowCount"/>.</param>
    /// <param name="panelCount">At most <see cref="PanelCount"/> of these rows: 1, 2 or 4.</param>
    /// <param name="operands">What is read, and where sums go.</param>
    /// <param name="sums">[rows, panels, 16], overwritten unless the operands say where sums go; single-precision numbers or, of a quantised product, integers.</param>
    static abstract void Multiply(int rowCount, int panelCount, ref ProductOperands operands, int* sums);
}

/// <summary>A small number as a type, so that a tile's shape is known where it is compiled.</summary>
internal interface ICount
{
    /// <summary>The number.</summary>
    static abstract int Value { get; }
}

/// <summary>The numbers that shapes of tiles are made of.</summary>
internal static class Counts
{
    /// <summary>1.</summary>
    public readonly struct One : ICount
    {
        public static int Value => 1;
    }

    /// <summary>2.</summary>
    public readonly struct Two : ICount
    {
        public static int Value => 2;
    }

    /// <summary>3.</summary>
    public readonly struct Three : ICount
    {
        public static int Value => 3;
    }

    /// <summary>4.</summary>
    public readonly struct Four : ICount
    {
        public static int Value => 4;
    }

    /// <summary>5.</summary>
    public readonly struct Five : ICount
    {
        public static int Value => 5;
    }

    /// <summary>6.</summary>
    public readonly struct Six : ICount
    {
        public static int Value => 6;
    }
}
