using System.Diagnostics;

namespace Galvani.Kernels.MachineCode;

/// <summary>
/// The machine code of a tile: what <see cref="ProductTile{TStep,TSums,TShape}"/> is, with instructions of which the runtime has no class (VNNI on 512 bits), or none in a binary compiled ahead of time for less, with what comes later
/// fetched, and an epilogue that takes the sums from their registers. Sums are made in the same order. The code is a function of C's calling convention on Linux: a pointer to <see cref="ProductOperands"/> in rdi, one to the sums in rsi.
/// </summary>
internal sealed partial class TileCode
{
    /// <summary>The most rows of a tile.</summary>
    public const int MostRows = 6;

    /// <summary>The most panels of a tile.</summary>
    public const int MostPanels = 4;

    // Fewer rows are bound by reading their weights: there is no time to fetch anything else.
    private const int LeastRowsForLater = 4;
    private const int LineBytes = 64;
    private const int StepInputBytes = 4;
    private const int StepsOfTurn = 2;

    // General registers. Rows 0, 1 and 2 begin at a base and once or twice the distance of rows behind it, rows 3, 4 and 5 likewise.
    private const Register Operands = Register.Rdi;
    private const Register Sums = Register.Rsi;
    private const Register Rows0 = Register.Rax;
    private const Register Rows3 = Register.Rdi; // once the operands have been read
    private const Register RowBytes = Register.R8;
    private const Register Weights = Register.Rdx;
    private const Register PanelBytes = Register.Rcx;
    private const Register ThreePanelBytes = Register.Rbx;
    private const Register Steps = Register.R9;
    private const Register Next = Register.R10;
    private const Register NextBytes = Register.R11;

    private const Register Later = Register.R14;
    private const Register LaterBytes = Register.Rsi; // once the sums' address is on the stack

    private readonly VectorAssembler code;
    private readonly StepKind kind;
    private readonly bool hasVnni;
    private readonly bool isChained; // the products of two steps are added in 16 bits
    private readonly int rowCount;
    private readonly int weightCount; // registers that the weights of a step would fill: one or two a panel
    private readonly int partCount; // of a panel
    private readonly bool hasLater;
    private readonly int laterLines; // fetched a turn: a tile of one panel has a quarter to fetch of what one of four has

    // Vector registers. The sums of a row lie behind those of the row before; behind them all those of inputs and weights, a product, and ones.
    private readonly int input;
    private readonly int weight;
    private readonly int product;
    private readonly int ones;
    private readonly Order order;

    private TileCode(VectorAssembler code, StepKind kind, bool hasVnni, int rowCount, int panelCount)
    {
        (this.code, this.hasVnni, this.rowCount) = (code, hasVnni, rowCount);
        partCount = VectorAssembler.WideRegisterBytes / code.RegisterBytes;
        weightCount = panelCount * partCount;
        isChained = kind == StepKind.Quads && partCount > 1 && !hasVnni;
        this.kind = kind == StepKind.Quads ? StepKind.Bytes : kind;
        hasLater = rowCount >= LeastRowsForLater + (isChained ? 0 : partCount - 1);
        laterLines = hasLater ? StepsOfTurn / partCount : 0;
        order = FindOrder();
        input = rowCount * weightCount;
        weight = input + (order == Order.InputsHeld ? rowCount : isChained ? StepsOfTurn : 1);
        product = weight + order switch { Order.WeightsHeld => weightCount, Order.InputsHeld => 1, _ => 0 };
        ones = product + (isChained ? StepsOfTurn : NeedsProduct ? 1 : 0);
        Debug.Assert(ones + (NeedsOnes ? 1 : 0) <= code.RegisterCount, "the registers suffice");
    }

    /// <summary>Which of a step's numbers stay in registers while the others pass by.</summary>
    private enum Order
    {
        /// <summary>All weights, row by row.</summary>
        WeightsHeld,

        /// <summary>All inputs, weight by weight.</summary>
        InputsHeld,

        /// <summary>None but one input; weights are read from memory again by each row.</summary>
        WeightsRead,
    }

    // Of two products a row both come before the additions: on a Zen 3 additions then leave the units free that multiply.
    private bool MultipliesFirst => kind == StepKind.Shorts && !hasVnni && order == Order.WeightsHeld && weightCount == 2;

    private bool NeedsProduct => kind != StepKind.Single && !hasVnni;

    private bool NeedsOnes => kind == StepKind.Bytes && !hasVnni;

    /// <summary>How many rows a tile takes at most: six, or five where the products of two steps need registers of their own.</summary>
    /// <param name="program">The instructions.</param>
    /// <param name="kind">How it multiplies.</param>
    public static int RowCount(ProductCode program, StepKind kind) => IsChained(program, kind) ? MostRows - 1 : MostRows;

    /// <summary>Whether tiles add the products of two steps in 16 bits, which saves an instruction of six; those of 512 bits and VNNI do as for other bytes.</summary>
    public static bool IsChained(ProductCode program, StepKind kind) => kind == StepKind.Quads && program == ProductCode.Avx2;

    /// <summary>
    /// How many panels a tile takes at most. 32 registers hold the sums of 6 rows and 4 panels, their weights, an input, a product and ones. 16 registers, two of which a panel needs, hold those of 6 rows and a panel; fewer rows take more,
    /// so that enough sums are under way to hide the latency of an addition.
    /// </summary>
    /// <param name="program">The instructions.</param>
    /// <param name="kind">How it multiplies.</param>
    /// <param name="rowCount">1 to <see cref="MostRows"/>.</param>
    /// <returns>1, 2 or 4.</returns>
    public static int PanelCount(ProductCode program, StepKind kind, int rowCount)
    {
        if (program >= ProductCode.Avx512)
            return MostPanels;
        return rowCount switch
        {
            1 => MostPanels,
            2 => 2,
            3 when kind == StepKind.Single || program == ProductCode.AvxVnni => 2,
            _ => 1,
        };
    }

    /// <summary>Writes a tile.</summary>
    /// <param name="code">Where to; its registers' width is the tile's.</param>
    /// <param name="kind">How it multiplies.</param>
    /// <param name="hasVnni">Whether VNNI may be used.</param>
    /// <param name="rowCount">1 to <see cref="MostRows"/>.</param>
    /// <param name="panelCount">1, 2 or 4, at most <see cref="PanelCount"/>.</param>
    public static void Write(VectorAssembler code, StepKind kind, bool hasVnni, int rowCount, int panelCount) => new TileCode(code, kind, hasVnni, rowCount, panelCount).Write();

    private Order FindOrder()
    {
        if (isChained)
            return Order.WeightsRead;
        if (partCount > 1 && weightCount > partCount)
            return Order.InputsHeld;
        var others = 1 + (NeedsProduct ? 1 : 0) + (NeedsOnes ? 1 : 0);
        return (rowCount + 1) * weightCount + others <= code.RegisterCount ? Order.WeightsHeld : Order.WeightsRead;
    }

    private void Write()
    {
        code.Push(Register.Rbx);
        if (hasLater)
            code.Push(Later);
        var start = code.Length;
        code.Push(Operands);
        code.Push(Sums);
        code.Load(Rows0, Operands, ProductOperands.InputOffset);
        code.Load(RowBytes, Operands, ProductOperands.InputRowBytesOffset);
        code.Load(Weights, Operands, ProductOperands.WeightOffset);
        code.Load(PanelBytes, Operands, ProductOperands.PanelBytesOffset);
        code.Load(Steps, Operands, ProductOperands.StepCountOffset);
        code.Load(Next, Operands, ProductOperands.PrefetchOffset);
        code.Load(NextBytes, Operands, ProductOperands.PrefetchBytesOffset);
        if (hasLater)
        {
            code.Load(Later, Operands, ProductOperands.LaterOffset);
            code.Load(LaterBytes, Operands, ProductOperands.LaterBytesOffset);
        }

        code.CompareByteWithZero(Operands, ProductOperands.IsPrefetchNearOffset);
        code.Address(Rows3, new Location(Rows0, RowBytes, 2)); // from here to the jump nothing touches the flags
        code.Address(Rows3, new Location(Rows3, RowBytes));
        code.Address(ThreePanelBytes, new Location(PanelBytes, PanelBytes, 2));
        for (var sum = 0; sum < rowCount * weightCount; sum++)
            code.Vector(VectorOpcode.Xor, sum, sum, sum);
        if (NeedsOnes)
            WriteOnes();
        WriteLoops();
        code.Pop(Sums);
        code.Pop(Operands);
        WriteEpilogue(start);
        for (var sum = 0; sum < rowCount * weightCount; sum++)
            code.Vector(VectorOpcode.Store, sum, new Location(Sums), (sbyte)sum);
        WriteReturn();
    }

    private void WriteReturn()
    {
        if (hasLater)
            code.Pop(Later);
        code.Pop(Register.Rbx);
        code.Return();
    }

    // Sixteen bits each.
    private void WriteOnes()
    {
        if (code.RegisterBytes == VectorAssembler.WideRegisterBytes)
            code.Vector(VectorOpcode.TernaryLogic, ones, ones, ones, 0xFF);
        else
            code.Vector(VectorOpcode.Equal, ones, ones, ones);
        code.Vector(VectorOpcode.ShiftShortsRight, 2, ones, ones, 15);
    }

    // Two steps a turn, so that counting and fetching are a small part of it; an odd step comes last. Of what comes next a line a turn is fetched, or several where few tiles share the fetching; near, where many do.
    private void WriteLoops()
    {
        var panelCount = weightCount / partCount;
        var near = code.JumpAhead(Condition.NotZero);
        DoubleDistances();
        code.Compare(NextBytes, LineBytes);
        var many = code.JumpAhead(Condition.Greater);
        WriteLoop(isNear: false, lineCount: 1);
        var oneDone = code.JumpAhead(Condition.Always);
        code.LandHere(many);
        WriteLoop(isNear: false, lineCount: StepsOfTurn * panelCount);
        var manyDone = code.JumpAhead(Condition.Always);
        code.LandHere(near);
        DoubleDistances();
        WriteLoop(isNear: true, lineCount: panelCount);
        code.LandHere(oneDone);
        code.LandHere(manyDone);
        code.Compare(Steps, -StepsOfTurn);
        var none = code.JumpAhead(Condition.Zero);
        WriteStep(0);
        code.LandHere(none);
    }

    /// <summary>Leaves in <see cref="Steps"/> the steps that are left, less those of a turn.</summary>
    private void WriteLoop(bool isNear, int lineCount)
    {
        code.Add(Steps, -StepsOfTurn);
        var none = code.JumpAhead(Condition.Negative);
        var start = code.Length;
        for (var line = 0; line < lineCount; line++)
            code.Prefetch(isNear, Next, line * LineBytes);
        code.Add(Next, NextBytes);
        for (var line = 0; line < laterLines; line++)
        {
            code.Prefetch(isNear: false, Later, 0);
            code.Add(Later, LaterBytes);
        }

        if (isChained)
            WriteChainedSteps();
        else
        {
            for (var step = 0; step < StepsOfTurn; step++)
                WriteStep(step);
        }

        code.Add(Weights, StepsOfTurn * (kind == StepKind.Shorts ? LineBytes / 2 : LineBytes));
        code.Add(Rows0, StepsOfTurn * StepInputBytes);
        code.Add(Rows3, StepsOfTurn * StepInputBytes);
        code.Add(Steps, -StepsOfTurn);
        code.JumpBack(Condition.NotNegative, start);
        code.LandHere(none);
    }

    // From those of a step to those of a turn, or of a line.
    private void DoubleDistances()
    {
        code.Add(NextBytes, NextBytes);
        if (laterLines == 1)
            code.Add(LaterBytes, LaterBytes);
    }

    /// <summary>Writes a step of those of a turn.</summary>
    private void WriteStep(int step)
    {
        if (order == Order.InputsHeld)
            WriteStepByWeights(step);
        else
            WriteStepByRows(step);
    }

    private void WriteStepByRows(int step)
    {
        if (order == Order.WeightsHeld)
        {
            for (var number = 0; number < weightCount; number++)
                LoadWeight(weight + number, number, step);
        }

        for (var row = 0; row < rowCount; row++)
        {
            LoadInput(input, row, step);
            if (MultipliesFirst)
                MultiplyThenAdd(row);
            else
            {
                for (var number = 0; number < weightCount; number++)
                    MultiplyAdd(Sum(row, number), input, number, step);
            }
        }
    }

    // The row's input is not needed after its second product, which takes its register.
    private void MultiplyThenAdd(int row)
    {
        code.Vector(VectorOpcode.MultiplyShorts, product, input, weight);
        code.Vector(VectorOpcode.MultiplyShorts, input, input, weight + 1);
        code.Vector(VectorOpcode.AddIntegers, Sum(row, 0), Sum(row, 0), product);
        code.Vector(VectorOpcode.AddIntegers, Sum(row, 1), Sum(row, 1), input);
    }

    // Both steps of a turn, whose products are added in 16 bits, panel by panel: those of the second half take the inputs' registers. All products come before the additions (see MultipliesFirst).
    private void WriteChainedSteps()
    {
        for (var row = 0; row < rowCount; row++)
        {
            for (var number = 0; number < weightCount; number += partCount)
            {
                for (var step = 0; step < StepsOfTurn; step++)
                    LoadInput(input + step, row, step);
                foreach (var (half, factors) in (ReadOnlySpan<(int, int)>)[(0, product), (1, input)])
                {
                    for (var step = 0; step < StepsOfTurn; step++)
                        code.Vector(VectorOpcode.MultiplyBytes, factors + step, input + step, Panel(number / partCount), Part(half, step));
                }

                foreach (var factors in (ReadOnlySpan<int>)[product, input])
                    code.Vector(VectorOpcode.AddShorts, factors, factors, factors + 1);
                foreach (var factors in (ReadOnlySpan<int>)[product, input])
                    code.Vector(VectorOpcode.MultiplyShorts, factors, factors, ones);
                foreach (var (half, factors) in (ReadOnlySpan<(int, int)>)[(0, product), (1, input)])
                    code.Vector(VectorOpcode.AddIntegers, Sum(row, number + half), Sum(row, number + half), factors);
            }
        }
    }

    private void WriteStepByWeights(int step)
    {
        for (var row = 0; row < rowCount; row++)
            LoadInput(input + row, row, step);
        for (var number = 0; number < weightCount; number++)
        {
            LoadWeight(weight, number, step);
            for (var row = 0; row < rowCount; row++)
                MultiplyAdd(Sum(row, number), input + row, number, step);
        }
    }

    private void LoadInput(int register, int row, int step)
    {
        var first = row < 3 ? Rows0 : Rows3;
        code.Vector(VectorOpcode.Broadcast, register, (row % 3) switch { 0 => new Location(first), var distance => new Location(first, RowBytes, distance) }, (sbyte)step);
    }

    private void LoadWeight(int register, int number, int step) => code.Vector(kind == StepKind.Shorts ? VectorOpcode.LoadWidened : VectorOpcode.Load, register, Panel(number / partCount), Part(number, step));

    // How far into a panel's weights, in what is read at once.
    private sbyte Part(int number, int step) => (sbyte)(step * partCount + number % partCount);

    private static Location Panel(int panel) => panel switch { 0 => new(Weights), 1 => new(Weights, PanelBytes), 2 => new(Weights, PanelBytes, 2), _ => new(Weights, ThreePanelBytes) };

    private void MultiplyAdd(int sum, int factor, int number, int step)
    {
        var held = order == Order.WeightsHeld ? weight + number : weight;
        switch (kind)
        {
            case StepKind.Single:
                code.Vector(VectorOpcode.MultiplyAddSingle, sum, factor, held);
                break;
            case StepKind.Bytes when hasVnni:
                code.Vector(VectorOpcode.MultiplyAddBytes, sum, factor, held);
                break;
            case StepKind.Bytes:
                if (order == Order.WeightsRead)
                    code.Vector(VectorOpcode.MultiplyBytes, product, factor, Panel(number / partCount), Part(number, step));
                else
                    code.Vector(VectorOpcode.MultiplyBytes, product, factor, held);
                code.Vector(VectorOpcode.MultiplyShorts, product, product, ones);
                code.Vector(VectorOpcode.AddIntegers, sum, sum, product);
                break;
            case StepKind.Shorts when hasVnni:
                code.Vector(VectorOpcode.MultiplyAddShorts, sum, factor, held);
                break;
            default:
                code.Vector(VectorOpcode.MultiplyShorts, product, factor, held);
                code.Vector(VectorOpcode.AddIntegers, sum, sum, product);
                break;
        }
    }

    private int Sum(int row, int number) => row * weightCount + number;
}
