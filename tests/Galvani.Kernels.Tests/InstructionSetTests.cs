namespace Galvani.Kernels.Tests;

/// <summary>The kernels' tests again, with fewer instruction sets.</summary>
public sealed class InstructionSetTests
{
    public static TheoryData<Type, string> Runs
    {
        get
        {
            var runs = new TheoryData<Type, string>();
            foreach (var runtimeSwitch in InstructionSetRun.Switches)
            {
                foreach (var testClass in (Type[])[typeof(CastsTests), typeof(MatMulTests), typeof(QuantizedMatrixTests), typeof(ElementwiseTests), typeof(RowKernelTests), typeof(LogSumExpTests), typeof(TopKTests)])
                    runs.Add(testClass, runtimeSwitch);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void TestClass_WithFewerInstructionSets_Passes(Type testClass, string runtimeSwitch) => InstructionSetRun.Run(testClass, runtimeSwitch);
}
