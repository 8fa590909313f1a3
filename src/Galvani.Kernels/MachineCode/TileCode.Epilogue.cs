namespace Galvani.Kernels.MachineCode;

/// <content>What a tile does with its sums, which are still in registers.</content>
internal sealed partial class TileCode
{
    // What becomes of general registers once the sums are made.
    private const Register Input = Register.Rcx;
    private const Register Output = Register.Rax;
    private const Register OutputRowBytes = Register.R8;
    private const Register Bias = Register.Rdx;
    private const Register Residual = Register.Rcx;
    private const Register RowScales = Register.R9;
    private const Register RowZeros = Register.R10;
    private const Register ColumnScales = Register.R11;
    private const Register ColumnSums = Register.Rbx; // what it held for others is on the stack

    /// <summary>Takes the sums to where the operands say, goes on with the next tile, and returns behind the last; goes on behind all that where they say nothing.</summary>
    /// <param name="start">Where a tile begins.</param>
    private void WriteEpilogue(int start)
    {
        var free = rowCount * weightCount;
        code.Load(Output, Operands, ProductOperands.OutputOffset);
        code.Compare(Output, 0);
        var noOutput = code.JumpAhead(Condition.Zero);
        WriteNextInput();
        code.Load(OutputRowBytes, Operands, ProductOperands.OutputRowBytesOffset);
        code.Load(Bias, Operands, ProductOperands.BiasOffset);
        code.Load(Residual, Operands, ProductOperands.ResidualOffset);
        if (kind != StepKind.Single)
            WriteScaling(free, free + 1, free + 2);

        code.Compare(Bias, 0);
        var noBias = code.JumpAhead(Condition.Zero);
        for (var number = 0; number < weightCount; number++)
        {
            code.Vector(VectorOpcode.Load, free, new Location(Bias), (sbyte)number);
            for (var row = 0; row < rowCount; row++)
                code.Vector(VectorOpcode.AddSingle, Sum(row, number), Sum(row, number), free);
        }

        code.LandHere(noBias);
        code.CompareByteWithZero(Operands, ProductOperands.IsFlooredOffset);
        var noFloor = code.JumpAhead(Condition.Zero);
        code.Vector(VectorOpcode.Xor, free, free, free);
        for (var sum = 0; sum < free; sum++)
            code.Vector(VectorOpcode.MaximumSingle, sum, free, sum);
        code.LandHere(noFloor);
        code.Compare(Residual, 0);
        var noResidual = code.JumpAhead(Condition.Zero);
        for (var row = 0; row < rowCount; row++)
        {
            for (var number = 0; number < weightCount; number++)
                code.Vector(VectorOpcode.AddSingle, Sum(row, number), Sum(row, number), new Location(Residual), (sbyte)number);
            code.Add(Residual, OutputRowBytes);
        }

        code.Store(Residual, Operands, ProductOperands.ResidualOffset);
        code.LandHere(noResidual);
        for (var row = 0; row < rowCount; row++)
        {
            for (var number = 0; number < weightCount; number++)
                code.Vector(VectorOpcode.Store, Sum(row, number), new Location(Output), (sbyte)number);
            code.Add(Output, OutputRowBytes);
        }

        code.Store(Output, Operands, ProductOperands.OutputOffset);
        code.AddToMemory(Operands, ProductOperands.TileCountOffset, -1);
        code.JumpBack(Condition.NotZero, start);
        WriteReturn();
        code.LandHere(noOutput);
    }

    // What the next tile reads and fetches, from registers that the epilogue has not taken yet.
    private void WriteNextInput()
    {
        code.Load(Input, Operands, ProductOperands.InputOffset);
        foreach (var rows in (ReadOnlySpan<int>)[4, 2, 1])
        {
            if ((rowCount & rows) != 0)
                code.Address(Input, new Location(Input, RowBytes, rows));
        }

        code.Store(Input, Operands, ProductOperands.InputOffset);
        code.Store(Next, Operands, ProductOperands.PrefetchOffset);
        if (hasLater)
            code.Store(Later, Operands, ProductOperands.LaterOffset);
        if (kind == StepKind.Single)
            return;
        code.Load(RowScales, Operands, ProductOperands.RowScalesOffset);
        code.Load(RowZeros, Operands, ProductOperands.RowZerosOffset);
        code.AddToMemory(Operands, ProductOperands.RowScalesOffset, (sbyte)(rowCount * sizeof(float)));
        code.AddToMemory(Operands, ProductOperands.RowZerosOffset, (sbyte)(rowCount * sizeof(int)));
    }

    /// <summary>From integers to numbers: (sum - zero of the row * sum of the weights) * (scale of the output * scale of the row), as <see cref="ProductTarget.Scaled"/>.</summary>
    private void WriteScaling(int zero, int scale, int term)
    {
        code.Load(ColumnScales, Operands, ProductOperands.ColumnScalesOffset);
        code.Load(ColumnSums, Operands, ProductOperands.ColumnSumsOffset);
        for (var row = 0; row < rowCount; row++)
        {
            code.Vector(VectorOpcode.Broadcast, zero, new Location(RowZeros), (sbyte)row);
            code.Vector(VectorOpcode.Broadcast, scale, new Location(RowScales), (sbyte)row);
            for (var number = 0; number < weightCount; number++)
            {
                var sum = Sum(row, number);
                code.Vector(VectorOpcode.MultiplyIntegers, term, zero, new Location(ColumnSums), (sbyte)number);
                code.Vector(VectorOpcode.SubtractIntegers, sum, sum, term);
                code.Vector(VectorOpcode.ConvertIntegers, sum, 0, sum);
                code.Vector(VectorOpcode.MultiplySingle, term, scale, new Location(ColumnScales), (sbyte)number);
                code.Vector(VectorOpcode.MultiplySingle, sum, sum, term);
            }
        }
    }
}
