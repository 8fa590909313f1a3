namespace Galvani.Kernels;

/// <summary>How many rows and panels a tile takes: as many accumulators as fit the registers.</summary>
internal interface ITileShape
{
    /// <summary>The most rows.</summary>
    static abstract int RowCount { get; }

    /// <summary>How many panels at once with so many rows: 1, 2 or 4. Few rows take more, so that enough sums are under way to hide the latency of an addition.</summary>
    static abstract int PanelCount(int rowCount);
}

/// <summary>Shapes of tiles, by registers.</summary>
internal static class TileShapes
{
    /// <summary>16 registers, two a panel: 6 rows are 12 accumulators, which with two of weights and one of a row's input fill them.</summary>
    public readonly struct SixRows : ITileShape
    {
        /// <inheritdoc/>
        public static int RowCount => 6;

        /// <inheritdoc/>
        public static int PanelCount(int rowCount) => rowCount switch { 1 => 4, 2 or 3 => 2, _ => 1 };
    }

    /// <summary>16 registers, two a panel, and a product that needs three more for itself: 4 rows are 8 accumulators.</summary>
    public readonly struct FourRows : ITileShape
    {
        /// <inheritdoc/>
        public static int RowCount => 4;

        /// <inheritdoc/>
        public static int PanelCount(int rowCount) => rowCount switch { 1 => 4, 2 => 2, _ => 1 };
    }

    /// <summary>32 registers, one a panel: 6 rows of 4 panels are 24 accumulators, and four of weights and one of a row's input.</summary>
    public readonly struct SixRowsOfFour : ITileShape
    {
        /// <inheritdoc/>
        public static int RowCount => 6;

        /// <inheritdoc/>
        public static int PanelCount(int rowCount) => 4;
    }
}
