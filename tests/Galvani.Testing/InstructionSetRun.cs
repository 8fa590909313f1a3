using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace Galvani.Testing;

/// <summary>Runs a test class again in a child process with fewer instruction sets, so that every path of a kernel is tested.</summary>
public static class InstructionSetRun
{
    /// <summary>
    /// The runtime's switches, by what is left: no AVX-512, no AVX2, nothing but scalar code; and Galvani's own, which choose a kernel with all instructions there, as far as this processor has them. The
    /// widest set runs without a switch.
    /// </summary>
    public static IReadOnlyList<string> Switches { get; } =
    [
        "DOTNET_EnableAVX2=0", "DOTNET_EnableHWIntrinsic=0", "GALVANI_FORCE_ISA=avx2", "GALVANI_FORCE_ISA=scalar",
        .. Avx512F.IsSupported ? (ReadOnlySpan<string>)["DOTNET_EnableAVX512=0"] : [],
        .. Avx512BW.IsSupported ? (ReadOnlySpan<string>)["GALVANI_FORCE_ISA=avx512"] : [],
        .. Avx2.IsSupported && OperatingSystem.IsLinux() ? (ReadOnlySpan<string>)["GALVANI_FORCE_ISA=avx2-code"] : [],
        .. AvxVnni.IsSupported && OperatingSystem.IsLinux() ? (ReadOnlySpan<string>)["GALVANI_FORCE_ISA=avx-vnni-code"] : [],
        .. Avx512BW.IsSupported && OperatingSystem.IsLinux() ? (ReadOnlySpan<string>)["GALVANI_FORCE_ISA=avx512-code"] : [],
    ];

    /// <summary>Runs all tests of a class with one switch set; fails with the child's output where one of them fails.</summary>
    /// <param name="testClass">A class of a test project, which is an executable.</param>
    /// <param name="runtimeSwitch">One of <see cref="Switches"/>.</param>
    public static void Run(Type testClass, string runtimeSwitch)
    {
        ArgumentNullException.ThrowIfNull(testClass);
        ArgumentNullException.ThrowIfNull(runtimeSwitch);
        var program = Path.ChangeExtension(testClass.Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        var start = new ProcessStartInfo(program, ["-class", testClass.FullName!, "-noColor"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var (name, value) = (runtimeSwitch.Split('=')[0], runtimeSwitch.Split('=')[1]);
        start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && !output.Contains("Total: 0", StringComparison.Ordinal), $"{testClass.Name} with {runtimeSwitch}: {output}{error.Result}");
    }
}
