namespace Galvani.Kernels.Tests;

/// <summary>The kernels' tests where Galvani is told to use other instructions than it would.</summary>
public sealed class ForcedInstructionSetTests
{
    public static TheoryData<Type, string> Runs => InstructionSetRuns.Of(InstructionSets.Variable);

    [Theory]
    [MemberData(nameof(Runs))]
    public void TestClass_WithTheSetForced_Passes(Type testClass, string runtimeSwitch) => InstructionSetRun.Run(testClass, runtimeSwitch);
}
