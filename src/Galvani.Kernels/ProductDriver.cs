using System.Diagnostics;
using System.Runtime.CompilerServices;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>
/// Walks over a product's rows and panels tile by tile. Rows are split evenly (32 rows in tiles of at most 6 are 6, 6, 5, 5, 5, 5), since a tile of one row costs as
/// much as one of three. Some tiles of rows stay in the second-level cache while all panels pass over them once.
/// </summary>
internal static unsafe class ProductDriver
{
    // Tiles of rows that pass over a group of panels while it is in the cache.
    private const int BlockTiles = 8;

    // What comes next is fetched into the first-level cache where that many tiles share the fetching and it is no more than this: else it would drive out what is being worked on.
    private const int NearTiles = 3;
    private const int NearBytes = 1 << 16;

    // The sums of 6 rows and 4 panels.
    private const int LargestTile = 24;

    /// <summary>Multiplies some rows with some panels.</summary>
    /// <param name="operands">The first row and the first panel of the whole matrix; the rest is set here.</param>
    /// <param name="target">What is written.</param>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="panels">The panels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Multiply<TTile, TLanes>(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels)
        where TTile : struct, IProductTile
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Debug.Assert(rows.First >= 0 && rows.End > rows.First && panels.First >= 0, "there are rows, and panels are those of the matrix");
        var rowCount = rows.End - rows.First;
        var tileCount = (rowCount + TTile.RowCount - 1) / TTile.RowCount;
        var (tileRows, longerTiles) = (rowCount / tileCount, rowCount % tileCount);
        var panelsAtOnce = TTile.PanelCount(longerTiles > 0 ? tileRows + 1 : tileRows);
        var sums = stackalloc int[LargestTile * LaneMath.LaneCount];
        for (var firstTile = 0; firstTile < tileCount; firstTile += BlockTiles)
        {
            var endTile = Math.Min(firstTile + BlockTiles, tileCount);
            for (int panel = panels.First, count; panel < panels.End; panel += count)
            {
                count = Fitting(panels.End - panel, panelsAtOnce);
                var weight = operands.Weight + panel * operands.PanelBytes;
                // What comes next is fetched bit by bit, an equal share by each tile.
                var share = count * operands.PanelBytes / (endTile - firstTile);
                var isNear = endTile - firstTile >= NearTiles && count * operands.PanelBytes <= NearBytes;
                for (var tile = firstTile; tile < endTile; tile++)
                {
                    var row = rows.First + (nint)tile * tileRows + Math.Min(tile, longerTiles);
                    var here = new ProductOperands
                    {
                        Input = operands.Input + row * operands.InputRowBytes,
                        InputRowBytes = operands.InputRowBytes,
                        Weight = weight,
                        PanelBytes = operands.PanelBytes,
                        StepCount = operands.StepCount,
                        Prefetch = weight + count * operands.PanelBytes + (tile - firstTile) * share,
                        PrefetchBytes = share / Math.Max(operands.StepCount, 1),
                        IsPrefetchNear = isNear,
                    };
                    var height = tile < longerTiles ? tileRows + 1 : tileRows;
                    TTile.Multiply(height, count, here, sums);
                    Finish<TLanes>(sums, height, count, target, row, (nint)panel * LaneMath.LaneCount);
                }
            }
        }
    }

    /// <summary>Multiplies some rows with some panels in machine code.</summary>
    /// <typeparam name="TKind">How it multiplies.</typeparam>
    public static void MultiplyByCode<TKind>(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels)
        where TKind : struct, IStepKind
    {
        if (InstructionSets.Current == InstructionSet.Avx512)
            Multiply<CodeTile<TKind>, Lanes512>(operands, target, rows, panels);
        else
            Multiply<CodeTile<TKind>, Lanes256>(operands, target, rows, panels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Finish<TLanes>(int* sums, int rows, int panels, in ProductTarget target, nint firstRow, nint firstColumn)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var row = firstRow; row < firstRow + rows; row++)
        {
            for (var column = firstColumn; column < firstColumn + panels * LaneMath.LaneCount; column += LaneMath.LaneCount, sums += LaneMath.LaneCount)
                target.Put(target.RowScales == null ? TLanes.Load((float*)sums) : target.Scaled<TLanes>(sums, row, column), row, column);
        }
    }

    private static int Fitting(int rest, int atOnce) => rest >= 4 && atOnce >= 4 ? 4 : rest >= 2 && atOnce >= 2 ? 2 : 1;
}
