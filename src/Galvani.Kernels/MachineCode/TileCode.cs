namespace Galvani.Kernels.MachineCode;

/// <summary>How a step of a tile multiplies.</summary>
internal enum StepKind
{
    /// <summary>Single precision.</summary>
    Single,

    /// <summary>Bytes, four components a step; see <see cref="ByteSteps"/>.</summary>
    Bytes,

    /// <summary>16-bit integers, two components a step; see <see cref="ShortSteps"/>.</summary>
    Shorts,
}

/// <summary>
/// The machine code of a tile: <see cref="ProductTile{TStep,TSums,TShape}"/> on 512-bit registers, in instructions of which the runtime has no class (VNNI), or none in a binary compiled ahead of time for less. Sums are made in
/// the same order. The code is a function of C's calling convention on Linux: a pointer to <see cref="ProductOperands"/> in rdi, one to the sums in rsi.
/// </summary>
internal static class TileCode
{
    /// <summary>The most rows of a tile; with <see cref="MostPanels"/> 24 sums, four weights and three more for the products fill 32 registers but one.</summary>
    public const int MostRows = 6;

    /// <summary>The most panels of a tile.</summary>
    public const int MostPanels = 4;

    // Fewer rows are bound by reading their weights: there is no time to fetch anything else.
    private const int LeastRowsForLater = 4;
    private const int LineBytes = 64;
    private const int StepInputBytes = 4;

    // Vector registers: the sums of row r and panel p are r · MostPanels + p.
    private const int FirstWeight = MostRows * MostPanels;
    private const int Input = FirstWeight + MostPanels;
    private const int Product = Input + 1;
    private const int Ones = Product + 1;

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

    // What becomes of them once the sums are made.
    private const Register Output = Register.Rax;
    private const Register OutputRowBytes = Register.R8;
    private const Register Bias = Register.Rdx;
    private const Register Residual = Register.Rcx;

    /// <summary>Writes a tile.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="kind">How it multiplies.</param>
    /// <param name="hasVnni">Whether VNNI may be used.</param>
    /// <param name="rowCount">1 to <see cref="MostRows"/>.</param>
    /// <param name="panelCount">1, 2 or 4.</param>
    public static void Write(VectorAssembler code, StepKind kind, bool hasVnni, int rowCount, int panelCount)
    {
        var hasLater = rowCount >= LeastRowsForLater;
        code.Push(Register.Rbx);
        code.Push(Operands);
        if (hasLater)
        {
            code.Push(Sums);
            code.Push(Later);
        }

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
        for (var row = 0; row < rowCount; row++)
        {
            for (var panel = 0; panel < panelCount; panel++)
                code.Vector(VectorOpcode.Xor, Sum(row, panel), Sum(row, panel), Sum(row, panel));
        }

        if (kind == StepKind.Bytes && !hasVnni)
        {
            code.Vector(VectorOpcode.TernaryLogic, Ones, Ones, Ones, 0xFF);
            code.Vector(VectorOpcode.ShiftShortsRight, 2, Ones, Ones, 15);
        }

        // Of what comes next a line a step is fetched, near or far, or several where few tiles share the fetching.
        var near = code.JumpAhead(Condition.NotZero);
        code.Compare(NextBytes, LineBytes);
        var many = code.JumpAhead(Condition.Greater);
        Loop(isNear: false, lineCount: 1);
        var oneDone = code.JumpAhead(Condition.Always);
        code.LandHere(many);
        Loop(isNear: false, lineCount: panelCount);
        var manyDone = code.JumpAhead(Condition.Always);
        code.LandHere(near);
        Loop(isNear: true, lineCount: 1);
        code.LandHere(oneDone);
        code.LandHere(manyDone);
        if (hasLater)
        {
            code.Pop(Later);
            code.Pop(Sums);
        }

        code.Pop(Operands);
        if (kind == StepKind.Single)
            WriteEpilogue(code, rowCount, panelCount);
        for (var row = 0; row < rowCount; row++)
        {
            for (var panel = 0; panel < panelCount; panel++)
                code.Vector(VectorOpcode.Store, Sum(row, panel), new Location(Sums), (sbyte)(row * panelCount + panel));
        }

        code.Pop(Register.Rbx);
        code.Return();

        void Loop(bool isNear, int lineCount)
        {
            code.Compare(Steps, 0);
            var none = code.JumpAhead(Condition.Zero);
            var start = code.Length;
            for (var line = 0; line < lineCount; line++)
                code.Prefetch(isNear, Next, line * LineBytes);
            code.Add(Next, NextBytes);
            if (hasLater)
            {
                code.Prefetch(isNear: false, Later, 0);
                code.Add(Later, LaterBytes);
            }

            for (var panel = 0; panel < panelCount; panel++)
            {
                Location location = panel switch { 0 => new(Weights), 1 => new(Weights, PanelBytes), 2 => new(Weights, PanelBytes, 2), _ => new(Weights, ThreePanelBytes) };
                code.Vector(kind == StepKind.Shorts ? VectorOpcode.LoadWidened : VectorOpcode.Load, FirstWeight + panel, location);
            }

            code.Add(Weights, (sbyte)(kind == StepKind.Shorts ? LineBytes / 2 : LineBytes));
            for (var row = 0; row < rowCount; row++)
            {
                var first = row < 3 ? Rows0 : Rows3;
                code.Vector(VectorOpcode.Broadcast, Input, (row % 3) switch { 0 => new Location(first), var distance => new Location(first, RowBytes, distance) });
                for (var panel = 0; panel < panelCount; panel++)
                    MultiplyAdd(Sum(row, panel), FirstWeight + panel);
            }

            code.Add(Rows0, StepInputBytes);
            code.Add(Rows3, StepInputBytes);
            code.Decrement(Steps);
            code.JumpBack(Condition.NotZero, start);
            code.LandHere(none);
        }

        void MultiplyAdd(int sum, int weight)
        {
            switch (kind)
            {
                case StepKind.Single:
                    code.Vector(VectorOpcode.MultiplyAddSingle, sum, Input, weight);
                    break;
                case StepKind.Bytes when hasVnni:
                    code.Vector(VectorOpcode.MultiplyAddBytes, sum, Input, weight);
                    break;
                case StepKind.Bytes:
                    code.Vector(VectorOpcode.MultiplyBytes, Product, Input, weight);
                    code.Vector(VectorOpcode.MultiplyShorts, Product, Product, Ones);
                    code.Vector(VectorOpcode.AddIntegers, sum, sum, Product);
                    break;
                case StepKind.Shorts when hasVnni:
                    code.Vector(VectorOpcode.MultiplyAddShorts, sum, Input, weight);
                    break;
                default:
                    code.Vector(VectorOpcode.MultiplyShorts, Product, Input, weight);
                    code.Vector(VectorOpcode.AddIntegers, sum, sum, Product);
                    break;
            }
        }
    }

    /// <summary>Takes the sums to where the operands say, and returns; goes on behind it where they say nothing.</summary>
    private static void WriteEpilogue(VectorAssembler code, int rowCount, int panelCount)
    {
        code.Load(Output, Operands, ProductOperands.OutputOffset);
        code.Load(OutputRowBytes, Operands, ProductOperands.OutputRowBytesOffset);
        code.Load(Bias, Operands, ProductOperands.BiasOffset);
        code.Load(Residual, Operands, ProductOperands.ResidualOffset);
        code.Compare(Output, 0);
        var noOutput = code.JumpAhead(Condition.Zero);

        code.Compare(Bias, 0);
        var noBias = code.JumpAhead(Condition.Zero);
        for (var panel = 0; panel < panelCount; panel++)
        {
            code.Vector(VectorOpcode.Load, FirstWeight + panel, new Location(Bias), (sbyte)panel);
            for (var row = 0; row < rowCount; row++)
                code.Vector(VectorOpcode.AddSingle, Sum(row, panel), Sum(row, panel), FirstWeight + panel);
        }

        code.LandHere(noBias);
        code.CompareByteWithZero(Operands, ProductOperands.IsFlooredOffset);
        var noFloor = code.JumpAhead(Condition.Zero);
        code.Vector(VectorOpcode.Xor, Input, Input, Input);
        for (var row = 0; row < rowCount; row++)
        {
            for (var panel = 0; panel < panelCount; panel++)
                code.Vector(VectorOpcode.MaximumSingle, Sum(row, panel), Input, Sum(row, panel));
        }

        code.LandHere(noFloor);
        code.Compare(Residual, 0);
        var noResidual = code.JumpAhead(Condition.Zero);
        for (var row = 0; row < rowCount; row++)
        {
            for (var panel = 0; panel < panelCount; panel++)
                code.Vector(VectorOpcode.AddSingle, Sum(row, panel), Sum(row, panel), new Location(Residual), (sbyte)panel);
            code.Add(Residual, OutputRowBytes);
        }

        code.LandHere(noResidual);
        for (var row = 0; row < rowCount; row++)
        {
            for (var panel = 0; panel < panelCount; panel++)
                code.Vector(VectorOpcode.Store, Sum(row, panel), new Location(Output), (sbyte)panel);
            code.Add(Output, OutputRowBytes);
        }

        code.Pop(Register.Rbx);
        code.Return();
        code.LandHere(noOutput);
    }

    private static int Sum(int row, int panel) => row * MostPanels + panel;
}
