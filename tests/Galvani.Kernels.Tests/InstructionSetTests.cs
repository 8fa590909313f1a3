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
                runs.Add(typeof(CastsTests), runtimeSwitch);
                runs.Add(typeof(ReductionsTests), runtimeSwitch);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void TestClass_WithFewerInstructionSets_Passes(Type testClass, string runtimeSwitch) => InstructionSetRun.Run(testClass, runtimeSwitch);
}
