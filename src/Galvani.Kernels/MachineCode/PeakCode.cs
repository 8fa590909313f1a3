namespace Galvani.Kernels.MachineCode;

/// <summary>The loop of <see cref="PeakProbe"/> on 512-bit registers, for a binary that was compiled for less than its products use.</summary>
internal static unsafe class PeakCode
{
    private const int Factor = PeakProbe.Accumulators;
    private const int Term = Factor + 1;

    // In C's calling convention on Linux.
    private const Register Steps = Register.Rdi;
    private const Register Numbers = Register.Rsi;

    private static readonly delegate* unmanaged<nint, float*, void> Function = (delegate* unmanaged<nint, float*, void>)ExecutableMemory.TryPlace(Write());

    /// <summary>Whether there is the function.</summary>
    public static bool IsAvailable => InstructionSets.Products >= ProductCode.Avx512 && Function != null;

    /// <summary>Runs the loop.</summary>
    /// <param name="steps">How many times each accumulator is multiplied and added to.</param>
    /// <param name="factor">What they are multiplied with.</param>
    /// <param name="term">What they begin with and what is added.</param>
    /// <returns>The sum of all lanes of all accumulators.</returns>
    public static float Run(int steps, float factor, float term)
    {
        var numbers = stackalloc float[LaneMath.LaneCount];
        (numbers[0], numbers[1]) = (factor, term);
        Function(steps, numbers);
        var sum = 0f;
        for (var lane = 0; lane < LaneMath.LaneCount; lane++)
            sum += numbers[lane];
        return sum;
    }

    private static byte[] Write()
    {
        var code = new VectorAssembler(VectorAssembler.WideRegisterBytes);
        code.Vector(VectorOpcode.Broadcast, Factor, new Location(Numbers));
        code.Vector(VectorOpcode.Broadcast, Term, new Location(Numbers), index: 1);
        for (var accumulator = 0; accumulator < PeakProbe.Accumulators; accumulator++)
            code.Vector(VectorOpcode.Broadcast, accumulator, new Location(Numbers), index: 1);
        code.Compare(Steps, 0);
        var none = code.JumpAhead(Condition.Zero);
        var start = code.Length;
        for (var accumulator = 0; accumulator < PeakProbe.Accumulators; accumulator++)
            code.Vector(VectorOpcode.MultiplyOwnAddSingle, accumulator, Factor, Term);
        code.Decrement(Steps);
        code.JumpBack(Condition.NotZero, start);
        code.LandHere(none);
        for (var accumulator = 1; accumulator < PeakProbe.Accumulators; accumulator++)
            code.Vector(VectorOpcode.AddSingle, 0, 0, accumulator);
        code.Vector(VectorOpcode.Store, 0, new Location(Numbers));
        code.Return();
        return code.ToArray();
    }
}
