namespace Galvani.Kernels.Tests;

/// <summary>The kernels' tests where the runtime uses fewer instructions.</summary>
public sealed class InstructionSetTests
{
    public static TheoryData<Type, string> Runs => InstructionSetRuns.Of("DOTNET_");

    [Theory]
    [MemberData(nameof(Runs))]
    public void TestClass_WithFewerInstructionSets_Passes(Type testClass, string runtimeSwitch) => InstructionSetRun.Run(testClass, runtimeSwitch);
}
