using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Xml.Linq;
using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>The native binary: published once by the README's command, then run as a user would, with an empty environment, from another folder.</summary>
public sealed class NativeBinaryTests
{
    private const int Sentences = 12;

    public static TheoryData<string> Plots =>
    [
        "sentence|Мама мыла раму|Мама мыла окна", "positions|0|1|10", "positions|--heat-map", "tensor|generator.weight", "tokens", "similarity|Открыть файл|Закрыть файл", "projection",
        "attention|Открыть файл", "layers|Открыть файл|Закрыть файл",
    ];

    [Fact]
    public void Publish_Folder_HoldsTheProgramTheSampleAndTheDrawingLibrary()
    {
        var names = Directory.GetFileSystemEntries(NativeBinary.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["galvani", "libHarfBuzzSharp.so", "libSkiaSharp.so", "samples"], names);
        Assert.True(File.Exists(Path.Combine(NativeBinary.Folder, "samples", "ru-en", "model.pt")));
    }

    [Fact]
    public void Version_AsJson_SaysNativeAndInstructionSet()
    {
        var result = Run("--version", "--json");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\"native\":true", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"instruction_set\":\"avx2\"", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("inspect|--tensors")]
    [InlineData("inspect|--opt|--json")]
    [InlineData("verify")]
    [InlineData("tokenize|Мама мыла раму|--json")]
    [InlineData("embed|Мама мыла раму")]
    [InlineData("compare|Мама мыла раму|Мама мыла окна|--json")]
    [InlineData("translate|Вы уверены, что хотите удалить этот файл?|Открыть файл")]
    [InlineData("encode|Открыть файл|--pool")]
    [InlineData("score|Открыть файл\tOpen File|--json")]
    [InlineData("embed|Открыть файл|--layer|last")]
    public void Command_NativeAndEmptyEnvironment_EqualsTheBuiltProgram(string line)
    {
        var arguments = line.Split('|');
        var native = Run(arguments);
        var built = new GalvaniProcess { Environment = BinarysInstructionSet() }.Execute(arguments, []);
        Assert.True(native.ExitCode == 0, native.Error);
        Assert.Equal(built.Output.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal), native.Output.Replace(NativeBinary.Folder + "/", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("int8")]
    [InlineData("int8-exact")]
    public void Translate_EveryInstructionSet_GivesTheSameBytes(string compute)
    {
        var expected = Translate("avx2");
        Assert.Equal(Sentences, expected.Count(character => character == '\n'));
        foreach (var set in (string[])["", "avx2-code", .. Avx512BW.IsSupported ? (ReadOnlySpan<string>)["avx512-code"] : []])
            Assert.Equal(expected, Translate(set));

        string Translate(string set)
        {
            var variables = new Dictionary<string, string> { ["GALVANI_FORCE_ISA"] = set };
            var result = new GalvaniProcess { Program = NativeBinary.Program, WorkingFolder = "/", Environment = variables }.Execute(
                ["translate", "--json", "--compute", compute, .. File.ReadLines(Repository.Sample("test.ru")).Take(Sentences)], []);
            Assert.True(result.ExitCode == 0, result.Error);
            return result.Output;
        }
    }

    /// <summary>Hardened systems and services forbid that memory which was writable becomes executable; <c>prctl(PR_SET_MDWE)</c>, as systemd's MemoryDenyWriteExecute, makes this process's children such a one.</summary>
    [Fact]
    public void Translate_ExecutableMemoryRefused_UsesCompiledProductsAndGivesTheSameBytes()
    {
        const string Refusing = "import ctypes, os, sys; code = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); sys.exit(77) if code else os.execv(sys.argv[1], sys.argv[1:])";
        string[] arguments = ["translate", "--json", .. File.ReadLines(Repository.Sample("test.ru")).Take(Sentences)];
        var usual = Run(arguments);
        var refused = RunRefused(arguments);
        if (refused.ExitCode == 77)
        {
            Assert.True(Environment.OSVersion.Version < new Version(6, 3), "Linux has had this call since 6.3.");
            return;
        }

        Assert.True(refused.ExitCode == 0, refused.Error);
        Assert.Equal(usual.Output, refused.Output);
        Assert.Contains("\"products\":\"avx2\"", RunRefused("--version", "--json").Output, StringComparison.Ordinal);

        GalvaniResult RunRefused(params string[] arguments) => new GalvaniProcess { Program = "/usr/bin/python3", WorkingFolder = "/" }.Execute(["-c", Refusing, NativeBinary.Program, .. arguments], []);
    }

    [Theory]
    [InlineData("tokenize <&-", "galvani: Standard input is closed, expected lines on it")]
    [InlineData("tokenize </", "galvani: Standard input is a folder, expected a file or a pipe of lines")]
    [InlineData("tokenize x >&-", "galvani: Standard output is closed, expected a file, a pipe or a terminal to write to.")]
    [InlineData("translate x >&-", "galvani: Standard output is closed")]
    [InlineData("encode x >&-", "galvani: Standard output is closed")]
    public void Command_StandardStreamThatIsNone_EndsWithAnError(string line, string error)
    {
        var shell = new GalvaniProcess { Program = "/bin/sh", Timeout = TimeSpan.FromSeconds(20) }.Execute(["-c", $"exec '{NativeBinary.Program}' {line}"], []);
        Assert.Equal(1, shell.ExitCode);
        Assert.Contains(error, shell.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Plots))]
    public void Plot_EveryFigure_IsMadeByTheNativeBinary(string line)
    {
        using var folder = new TemporaryFolder();
        var result = Run(["plot", .. line.Split('|'), "-o", folder.File("x.png")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(folder.File("x.png"))[..4]);
        Assert.True(new FileInfo(folder.File("x.png")).Length > 10_000);
    }

    [Fact]
    public void Plot_Svg_IsMadeByTheNativeBinary()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Run("plot", "similarity", "Открыть файл", "Закрыть файл", "-o", folder.File("x.svg")).ExitCode);
        Assert.Contains(XDocument.Load(folder.File("x.svg")).Descendants(), element => element.Name.LocalName == "text" && element.Value.Trim().StartsWith("Открыть файл", StringComparison.Ordinal));
    }

    [Fact]
    public void DrawingLibrary_NotThere_IsMissedByPlotAlone()
    {
        using var folder = new TemporaryFolder();
        File.Copy(NativeBinary.Program, folder.File("galvani"));
        foreach (var line in (string[])["--version", $"inspect {Repository.Sample("model.pt")}", $"compare a b --model {Repository.Sample("model.pt")}", $"extract {Repository.Sample("model.pt")} --part embeddings -o {folder.File("small.pt")}"])
            Assert.Equal(0, Execute(line).ExitCode);
        var plot = Execute($"plot tokens --model {Repository.Sample("model.pt")} -o {folder.File("x.png")}");
        Assert.Equal(1, plot.ExitCode);
        Assert.StartsWith("galvani: The drawing library cannot be loaded: libSkiaSharp belongs beside the program", plot.Error, StringComparison.Ordinal);

        GalvaniResult Execute(string line) =>
            new GalvaniProcess { Program = folder.File("galvani"), WorkingFolder = "/", Environment = new Dictionary<string, string>() }.Execute(line.Split(' '), []);
    }

    /// <summary>This process's environment, with the one instruction set that the native binary is built for: between sets the last bits may differ.</summary>
    private static Dictionary<string, string> BinarysInstructionSet()
    {
        var variables = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        variables["GALVANI_FORCE_ISA"] = "avx2";
        return variables;
    }

    private static GalvaniResult Run(params string[] arguments) =>
        new GalvaniProcess { Program = NativeBinary.Program, WorkingFolder = "/", Environment = new Dictionary<string, string>() }.Execute(arguments, []);
}
