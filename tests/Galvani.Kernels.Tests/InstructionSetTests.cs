namespace Galvani.Kernels.Tests;

/// <summary>The kernels' tests again, with fewer instruction sets.</summary>
public sealed class InstructionSetTests
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

    public static TheoryData<Type, string> Runs
    {
        get
        {
            var runs = new TheoryData<Type, string>();
            foreach (var testClass in testClasses)
            {
                foreach (var runtimeSwitch in InstructionSetRun.Switches)
                    runs.Add(testClass, runtimeSwitch);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void TestClass_WithFewerInstructionSets_Passes(Type testClass, string runtimeSwitch) => InstructionSetRun.Run(testClass, runtimeSwitch);
}
