using System.Reflection;
using System.Runtime.InteropServices;
using Galvani.Kernels;

namespace Galvani.Cli.Hosting;

/// <summary>What this program is and what it runs on.</summary>
internal static class VersionInfo
{
    /// <summary>The version, without build metadata.</summary>
    public static string Version { get; } =
        (typeof(VersionInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    /// <summary>The instruction set that vector code uses here.</summary>
    /// <exception cref="PlatformNotSupportedException">GALVANI_FORCE_ISA names a set that there is not.</exception>
    public static string InstructionSet => InstructionSets.CurrentName;

    /// <summary>What products with weights use here.</summary>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="InstructionSet"/>.</exception>
    public static string Products => InstructionSets.ProductsName;

    /// <summary>Whether this is the native binary.</summary>
    public static bool IsNative => System.Runtime.JitInfo.GetCompiledMethodCount() == 0;

    /// <summary>What a program gets that asks for the version: <c>--version</c> first, then nothing, <c>--json</c> or <c>--verbose</c>; null for other arguments.</summary>
    public static string? Answer(string[] arguments) => arguments switch
    {
        ["--version"] => Version + "\n",
        ["--version", "--json", ..] => Json(),
        ["--version", "--verbose", ..] => Verbose(),
        _ => null,
    };

    /// <summary>One line each: version, runtime, instruction sets.</summary>
    public static string Verbose() =>
        $"galvani {Version}\n{(IsNative ? "native binary" : "just-in-time compiled")}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}\ninstruction set: {InstructionSet}; products: {Products}\n";

    public static string Json() =>
        $$"""{"name":"galvani","version":"{{Version}}","native":{{(IsNative ? "true" : "false")}},"framework":"{{RuntimeInformation.FrameworkDescription}}","runtime":"{{RuntimeInformation.RuntimeIdentifier}}","instruction_set":"{{InstructionSet}}","products":"{{Products}}","processors":{{Environment.ProcessorCount}}}""" + "\n";
}
