using System.Diagnostics;
using System.Runtime.CompilerServices;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>
/// Walks over a product's rows and panels tile by tile. Four panels are a group, over which all rows pass while it is in the second-level cache, so that weights are read from memory once; of many rows some tiles at a time, which stay
/// there, too.
/// </summary>
internal static unsafe class ProductDriver
{
    /// <summary>The panels of a group: as many as the widest tile takes.</summary>
    public const int GroupPanels = 4;

    // Tiles of rows that pass over a group while they are in the cache.
    private const int BlockTiles = 8;

    // What comes next is fetched into the first-level cache where that many tiles share the fetching and it is no more than this: else it would drive out what is being worked on.
    private const int NearTiles = 3;
    private const int NearBytes = 1 << 16;

    private const int LineBytes = 64;

    // The sums of 6 rows and 4 panels.
    private const int LargestTile = 24;

    /// <summary>Multiplies some rows with some panels.</summary>
    /// <param name="operands">The first row and the first panel of the whole matrix; the rest is set here.</param>
    /// <param name="target">What is written.</param>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="panels">The panels.</param>
    /// <param name="ahead">What is fetched meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Multiply<TTile, TLanes>(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
        where TTile : struct, IProductTile
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Debug.Assert(rows.First >= 0 && rows.End > rows.First && panels.First >= 0, "there are rows, and panels are those of the matrix");
        var tiles = new RowTiles(rows, TTile.RowCount);
        var panelsAtOnce = TTile.PanelCount(tiles.Height(0));
        var blockCount = (tiles.Count + BlockTiles - 1) / BlockTiles;
        var here = operands;
        here.OutputRowBytes = (nint)target.OutputWidth * sizeof(float);
        here.IsFloored = target.Function == ElementFunction.Relu;
        for (var group = panels.First; group < panels.End; group += GroupPanels)
        {
            var groupEnd = Math.Min(group + GroupPanels, panels.End);
            for (var block = 0; block < blockCount; block++)
            {
                var part = new IndexRange(tiles.Count * block / blockCount, tiles.Count * (block + 1) / blockCount);
                for (int panel = group, count; panel < groupEnd; panel += count)
                {
                    count = Fitting(groupEnd - panel, panelsAtOnce);
                    here.Weight = operands.Weight + panel * operands.PanelBytes;
                    if (block == blockCount - 1)
                        SetFetching(ref here, ahead.Panels(panel + panelsAtOnce, count), part);
                    else // the group is in the cache; its beginning comes again
                        SetFetching(ref here, panel + count < groupEnd ? ahead.Panels(panel + count, count) : default, part);
                    MultiplyTiles<TTile, TLanes>(ref here, operands.Input, target, tiles, part, new IndexRange(panel, panel + count), ahead.Later);
                }
            }
        }
    }

    /// <summary>Multiplies some rows with some panels in machine code.</summary>
    /// <typeparam name="TKind">How it multiplies.</typeparam>
    public static void MultiplyByCode<TKind>(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
        where TKind : struct, IStepKind
    {
        if (InstructionSets.Current == InstructionSet.Avx512)
            Multiply<CodeTile<TKind>, Lanes512>(operands, target, rows, panels, ahead);
        else
            Multiply<CodeTile<TKind>, Lanes256>(operands, target, rows, panels, ahead);
    }

    /// <summary>One step of panels with the tiles of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void MultiplyTiles<TTile, TLanes>(ref ProductOperands here, byte* input, in ProductTarget target, in RowTiles tiles, IndexRange block, IndexRange panels, in MemoryRun later)
        where TTile : struct, IProductTile
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, end) = ((nint)panels.First * LaneMath.LaneCount, (nint)panels.End * LaneMath.LaneCount); // columns
        var share = later.Part(first, end, target.OutputWidth);
        here.LaterBytes = Math.Min(StepBytes(share, tiles.Count, here.StepCount), LineBytes);
        here.Later = share.Start + block.First * here.LaterBytes * here.StepCount;
        if (TTile.HasEpilogue && target.IsPlain && end <= target.OutputWidth)
            Finish<TTile>(ref here, input, target, tiles, block, panels);
        else
            MultiplyThenFinish<TTile, TLanes>(ref here, input, target, tiles, block, panels);
    }

    // The tiles' own epilogue; all tiles of a height in one go.
    private static void Finish<TTile>(ref ProductOperands here, byte* input, in ProductTarget target, in RowTiles tiles, IndexRange block, IndexRange panels)
        where TTile : struct, IProductTile
    {
        var row = tiles.Row(block.First);
        var column = panels.First * LaneMath.LaneCount;
        var offset = row * target.OutputWidth + column;
        here.Input = input + row * here.InputRowBytes;
        here.Output = target.Output + offset;
        here.Bias = target.Bias == null ? null : target.Bias + column;
        here.Residual = target.Residual == null ? null : target.Residual + offset;
        here.RowScales = target.RowScales + row;
        here.RowZeros = target.RowZeros + row;
        here.ColumnScales = target.ColumnScales + column;
        here.ColumnSums = target.ColumnSums + column;
        for (int tile = block.First, next; tile < block.End; tile = next)
        {
            next = Math.Min(tiles.NextHeight(tile), block.End);
            here.TileCount = next - tile;
            TTile.Multiply(tiles.Height(tile), panels.End - panels.First, ref here, sums: null);
        }
    }

    [SkipLocalsInit]
    private static void MultiplyThenFinish<TTile, TLanes>(ref ProductOperands here, byte* input, in ProductTarget target, in RowTiles tiles, IndexRange block, IndexRange panels)
        where TTile : struct, IProductTile
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var sums = stackalloc int[LargestTile * LaneMath.LaneCount];
        here.Output = null;
        here.TileCount = 1;
        for (var tile = block.First; tile < block.End; tile++)
        {
            var row = tiles.Row(tile);
            here.Input = input + row * here.InputRowBytes;
            TTile.Multiply(tiles.Height(tile), panels.End - panels.First, ref here, sums);
            PutSums<TLanes>(sums, tiles.Height(tile), panels.End - panels.First, target, row, (nint)panels.First * LaneMath.LaneCount);
            here.Prefetch += here.PrefetchBytes * here.StepCount;
            here.Later += here.LaterBytes * here.StepCount;
        }
    }

    // What comes next is fetched bit by bit, an equal share by each tile.
    private static void SetFetching(ref ProductOperands here, in MemoryRun next, IndexRange block)
    {
        var tileCount = block.End - block.First;
        here.Prefetch = next.ByteCount > 0 ? next.Start : here.Weight;
        here.PrefetchBytes = StepBytes(next, tileCount, here.StepCount);
        here.IsPrefetchNear = tileCount >= NearTiles && next.ByteCount <= NearBytes;
    }

    // How far fetching advances a step, so that some tiles together fetch everything.
    private static nint StepBytes(in MemoryRun run, int tileCount, nint stepCount)
    {
        var steps = Math.Max(1, tileCount * stepCount);
        return (run.ByteCount + steps - 1) / steps;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void PutSums<TLanes>(int* sums, int rows, int panels, in ProductTarget target, nint firstRow, nint firstColumn)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var row = firstRow; row < firstRow + rows; row++)
        {
            for (var column = firstColumn; column < firstColumn + panels * LaneMath.LaneCount; column += LaneMath.LaneCount, sums += LaneMath.LaneCount)
                target.Put(target.RowScales == null ? TLanes.Load((float*)sums) : target.Scaled<TLanes>(sums, row, column), row, column);
        }
    }

    private static int Fitting(int rest, int atOnce) => rest >= 4 && atOnce >= 4 ? 4 : rest >= 2 && atOnce >= 2 ? 2 : 1;

    /// <summary>
    /// Rows cut evenly into tiles (32 rows in tiles of at most 6 are 6, 6, 5, 5, 5, 5), since a tile of one row costs as much as one of three.
    /// </summary>
    private readonly struct RowTiles
    {
        private readonly int first;
        private readonly int height;
        private readonly int higherCount;

        public RowTiles(IndexRange rows, int most)
        {
            var count = rows.End - rows.First;
            first = rows.First;
            Count = (count + most - 1) / most;
            (height, higherCount) = (count / Count, count % Count);
        }

        public readonly int Count;

        /// <summary>The first tile behind this one that may have another height.</summary>
        public int NextHeight(int tile) => tile < higherCount ? higherCount : Count;

        public int Height(int tile) => tile < higherCount ? height + 1 : height;

        public nint Row(int tile) => first + (nint)tile * height + Math.Min(tile, higherCount);
    }
}
