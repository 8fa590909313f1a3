namespace Galvani.Cli.Tests;

/// <summary>What <c>--version</c> says of the instruction set, chosen or forced.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("scalar", "--json", "\"instruction_set\":\"scalar\",\"products\":\"scalar\"")]
    [InlineData("Scalar", "--verbose", "instruction set: scalar; products: scalar\n")]
    public void Version_SetForced_SaysIt(string forced, string form, string expected)
    {
        var result = Run(forced, form);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_UnknownSetForced_IsOneClearLine()
    {
        var result = Run("neon9", "--verbose");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("galvani: GALVANI_FORCE_ISA is 'neon9', expected scalar, avx2, avx512, avx2-code, avx-vnni-code, avx512-code or avx512-vnni-code; this processor and runtime have scalar", result.Error, StringComparison.Ordinal);
    }

    private static GalvaniResult Run(string forced, string form) =>
        new GalvaniProcess { Environment = new Dictionary<string, string> { ["GALVANI_FORCE_ISA"] = forced, ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "", ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "" } }.Execute(["--version", form], []);
}
