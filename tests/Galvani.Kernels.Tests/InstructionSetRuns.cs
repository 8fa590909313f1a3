namespace Galvani.Kernels.Tests;

/// <summary>The kernels' tests again, with fewer instruction sets: with each choice that is not this process's own, in which they run anyway. Two classes, which run side by side.</summary>
internal static class InstructionSetRuns
{
    private static readonly Type[] testClasses =
    [
        typeof(CastsTests),
        typeof(NarrowingCastsTests),
        typeof(WideningCastsTests),
        typeof(EmbeddingMeanTests),
        typeof(LogSumExpTests),
        typeof(TopKTests),
        typeof(ReductionsTests),
        typeof(MatMulTests),
        typeof(QuantizedMatrixTests),
        typeof(StoredWeightTests),
        typeof(OutputSelectionTests),
        typeof(ElementwiseTests),
        typeof(RowKernelTests),
        typeof(AttentionRunTests),
        typeof(PeakProbeTests),
    ];

    /// <summary>The test classes with each of the switches of one variable, or of all variables that start alike.</summary>
    public static TheoryData<Type, string> Of(string variable)
    {
        // Forcing what is chosen unasked changes nothing, but that it forbids the compiled products of bytes.
        var ownChoice = InstructionSets.HasByteProducts ? null : $"{InstructionSets.Variable}={InstructionSets.ProductsName}";
        var runs = new TheoryData<Type, string>();
        foreach (var testClass in testClasses)
        {
            foreach (var runtimeSwitch in InstructionSetRun.Switches.Where(runtimeSwitch => runtimeSwitch.StartsWith(variable, StringComparison.Ordinal) && runtimeSwitch != ownChoice))
                runs.Add(testClass, runtimeSwitch);
        }

        return runs;
    }
}
