using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Xml.Linq;
using Galvani.Testing;

namespace Galvani.Cli.Tests;

/// <summary>The native binary: published once by the README's command, then run as a user would, with an empty environment, from another folder.</summary>
public sealed class NativeBinaryTests(NativeBinary binary) : IClassFixture<NativeBinary>
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
        var names = Directory.GetFileSystemEntries(binary.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["galvani", "libHarfBuzzSharp.so", "libSkiaSharp.so", "samples"], names);
        Assert.True(File.Exists(Path.Combine(binary.Folder, "samples", "ru-en", "model.pt")));
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
        Assert.Equal(built.Output.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal), native.Output.Replace(binary.Folder + "/", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("int8")]
    [InlineData("int8-exact")]
    public void Translate_EveryInstructionSet_GivesTheSameBytes(string compute)
    {
        var expected = Translate("avx2");
        Assert.Equal(Sentences, expected.Count(character => character == '\n'));
        foreach (var set in (string[])["", .. Avx512BW.IsSupported ? (ReadOnlySpan<string>)["avx512-code"] : []])
            Assert.Equal(expected, Translate(set));

        string Translate(string set)
        {
            var variables = new Dictionary<string, string> { ["GALVANI_FORCE_ISA"] = set };
            var result = new GalvaniProcess { Program = Path.Combine(binary.Folder, "galvani"), WorkingFolder = "/", Environment = variables }.Execute(
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

        GalvaniResult RunRefused(params string[] arguments) => new GalvaniProcess { Program = "/usr/bin/python3", WorkingFolder = "/" }.Execute(["-c", Refusing, Path.Combine(binary.Folder, "galvani"), .. arguments], []);
    }

    [Theory]
    [InlineData("tokenize <&-", "galvani: Standard input is closed, expected lines on it")]
    [InlineData("tokenize </", "galvani: Standard input is a folder, expected a file or a pipe of lines")]
    [InlineData("tokenize x >&-", "galvani: Standard output is closed, expected a file, a pipe or a terminal to write to.")]
    [InlineData("translate x >&-", "galvani: Standard output is closed")]
    [InlineData("encode x >&-", "galvani: Standard output is closed")]
    public void Command_StandardStreamThatIsNone_EndsWithAnError(string line, string error)
    {
        var shell = new GalvaniProcess { Program = "/bin/sh", Timeout = TimeSpan.FromSeconds(20) }.Execute(["-c", $"exec '{Path.Combine(binary.Folder, "galvani")}' {line}"], []);
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
        File.Copy(Path.Combine(binary.Folder, "galvani"), folder.File("galvani"));
        foreach (var line in (string[])["--version", $"inspect {Repository.Sample("model.pt")}", $"compare a b --model {Repository.Sample("model.pt")}", $"extract {Repository.Sample("model.pt")} --part embeddings -o {folder.File("small.pt")}"])
            Assert.Equal(0, Execute(line).ExitCode);
        var plot = Execute($"plot tokens --model {Repository.Sample("model.pt")} -o {folder.File("x.png")}");
        Assert.Equal(1, plot.ExitCode);
        Assert.StartsWith("galvani: The drawing library cannot be loaded: libSkiaSharp belongs beside the program", plot.Error, StringComparison.Ordinal);

        GalvaniResult Execute(string line) =>
            new GalvaniProcess { Program = folder.File("galvani"), WorkingFolder = "/", Environment = new Dictionary<string, string>() }.Execute(line.Split(' '), []);
    }

    /// <summary>126 000 tensors are the most that a file of 20 MB may hold before its tree is over the limit.</summary>
    [Theory]
    [InlineData("diff|many.safetensors")]
    [InlineData("average|many.safetensors|-o|x.pt")]
    [InlineData("average|many.safetensors|-o|x.safetensors")]
    public void Command_TwoFilesOfVeryManyTensors_StaysWithin400Megabytes(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("many.safetensors"), VeryManyTensors());
        string[] words = line.Split('|');
        AssertMemory(folder, exitCode: 0, [words[0], "many.safetensors", .. words[1..]]);
    }

    /// <summary>Of each file behind the first, only the places of its tensors are kept.</summary>
    [Theory]
    [InlineData("x.pt")]
    [InlineData("x.safetensors")]
    public void Average_FiveFilesOfVeryManyTensors_StaysWithin400Megabytes(string output)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("many.safetensors"), VeryManyTensors());
        AssertMemory(folder, exitCode: 0, ["average", .. Enumerable.Repeat("many.safetensors", 5), "-o", output]);
    }

    private static byte[] VeryManyTensors()
    {
        const int Count = 126_000;
        var entries = Enumerable.Range(0, Count).Select(i => SafetensorsBuilder.Entry(FormattableString.Invariant($"t{i}"), "F32", "[22]", FormattableString.Invariant($"[{88 * i},{88 * (i + 1)}]")));
        return SafetensorsBuilder.Build($"{{{string.Join(',', entries)}}}", 88 * Count);
    }

    /// <summary>A storage of bytes under 20 MB whose elements a tensor has a thousand million times, each in many places: as many as a file is granted.</summary>
    [Theory]
    [InlineData("inspect|--stats|--rows", 0)]
    [InlineData("diff|overlapping.pt", 0)]
    [InlineData("inspect|--values|/|--all", 1)]
    [InlineData("inspect|--object|/|--all|--json", 1)]
    [InlineData("inspect|--values|/", 0)]
    public void Command_TensorOfOverlappingElements_StaysWithin400Megabytes(string line, int exitCode)
    {
        const int Bytes = 19_900_000;
        const int Rows = 67;
        using var folder = new TemporaryFolder();
        var storage = new byte[Bytes];
        new Random(6).NextBytes(storage);
        var pickle = RawPickle.Of(tree => tree.Tensor("0", Bytes, 0, [Rows, Bytes - Rows + 1], [1, 1], "CharStorage"));
        File.WriteAllBytes(folder.File("overlapping.pt"), ZipBuilder.Torch(pickle, storage).Build());
        string[] words = line.Split('|');
        AssertMemory(folder, exitCode, least: 0, [words[0], "overlapping.pt", .. words[1..]]); // what is refused may end before it is measured
    }

    /// <summary>Two token lists of 700 000, all of which is shown.</summary>
    [Fact]
    public void Inspect_LargestVocabulary_StaysWithin400Megabytes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), Padded(pickle =>
        {
            pickle.Op('}').Text("opt").Op("}s").Text("vocab").Op('}');
            foreach (var side in (string[])["src", "tgt"])
            {
                pickle.Text(side).Op("](");
                for (var i = 0; i < 700_000; i++)
                    pickle.Text(i.ToString("D6", CultureInfo.InvariantCulture));
                pickle.Op("es");
            }

            pickle.Text("data_task").Text("seq2seq").Op("ss");
        }));
        AssertMemory(folder, exitCode: 0, "inspect", "model.pt", "--vocab", "--all");
    }

    /// <summary>620 000 options are the most that a file of 20 MB may hold; none of them is in the other file.</summary>
    [Fact]
    public void Diff_VeryManyOptions_StaysWithin400Megabytes()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])["a.pt", "b.pt"])
        {
            File.WriteAllBytes(folder.File(file), Padded(pickle =>
            {
                pickle.Op('}').Text("opt").Op('}').Op('(');
                for (var i = 0; i < 620_000; i++)
                    pickle.Text(file[..1] + i.ToString("x5", CultureInfo.InvariantCulture)).Bytes((byte)'M', (byte)i, (byte)(i >> 8));
                pickle.Op("us");
            }));
        }

        AssertMemory(folder, exitCode: 1, "diff", "a.pt", "b.pt");
    }

    /// <summary>A checkpoint of 20 MB, whose object tree may take the most memory that such a file is granted.</summary>
    private static byte[] Padded(Action<RawPickle> write)
    {
        var pickle = RawPickle.Of(write);
        return new ZipBuilder().Add("archive/data.pkl", pickle).Add("archive/other", new byte[19_900_000 - pickle.Length]).Build();
    }

    private void AssertMemory(TemporaryFolder folder, int exitCode, params string[] arguments) => AssertMemory(folder, exitCode, 50L << 20, arguments);

    private void AssertMemory(TemporaryFolder folder, int exitCode, long least, string[] arguments)
    {
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells the largest memory of a process");
        var measured = Measure(folder.Root, arguments);
        Assert.Equal(exitCode, measured.ExitCode);
        Assert.InRange(measured.Largest, least, 400L << 20);
    }

    [Theory]
    [InlineData("tokenize|--source|words", 0)]
    [InlineData("tokenize|--json|--source|words", 0)]
    [InlineData("tokenize|--json|--source|letters", 0)]
    [InlineData("tokenize|--ids|--source|unknown", 0)]
    [InlineData("tokenize|--source|repeated|--tokenizer|BPE", 0)]
    [InlineData("tokenize|--source|letters|--tokenizer|BPE", 0)]
    [InlineData("tokenize|--source|letters|--tokenizer|CODES", 0)]
    [InlineData("tokenize|--json|--source|words|--tokenizer|CODES", 0)]
    [InlineData("tokenize|--source|repeated|--tokenizer|DOUBLING", 0)]
    [InlineData("tokenize|--source|letters|--tokenizer|WORDS", 0)]
    [InlineData("tokenize|--source|broken", 0)]
    [InlineData("tokenize|--source|placeholders", 0)]
    [InlineData("detokenize|--source|words", 0)]
    [InlineData("embed|--source|repeated", 1)]
    [InlineData("embed|--no-positions|--source|repeated", 0)]
    [InlineData("embed|--source|words|--on-long|split", 0)]
    [InlineData("tokenize|--source|ligatures", 0)]
    [InlineData("embed|--source|ligatures", 1)]
    [InlineData("embed|--no-positions|--source|ligatures", 0)]
    [InlineData("embed|--source|ligatures|--on-long|split|--max-source|20", 0)]
    [InlineData("translate|--source|letters", 1)]
    [InlineData("score|--source|SHORT|--target|ligatures", 1)]
    [InlineData("encode|--pool|--source|letters|--on-long|cut|--max-source|20", 0)]
    public void Command_LineOf18Megabytes_StaysWithin400Megabytes(string line, int exitCode)
    {
        const int Bytes = 18_000_000;
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells the largest memory of a process");
        using var folder = new TemporaryFolder();
        var words = line.Split('|');
        var name = words[1 + Array.IndexOf(words, words.Contains("--target") ? "--target" : "--source")];
        File.WriteAllBytes(folder.File(name), LongLine(name, Bytes));
        File.WriteAllText(folder.File("short"), "Мама мыла раму\n");
        var files = new Dictionary<string, string>
        {
            ["BPE"] = Repository.Golden("sentencepiece", "bpe_bf0.model"),
            ["WORDS"] = Repository.Golden("sentencepiece-settings", "word.model"),
            ["CODES"] = Repository.Golden("bpe", "codes.txt"),
            ["SHORT"] = folder.File("short"),
            ["DOUBLING"] = folder.File("doubling"), // pieces of up to a million characters: nothing is sure in any window of the usual size
        };
        if (line.Contains("DOUBLING", StringComparison.Ordinal))
            File.WriteAllLines(folder.File("doubling"), [.. Enumerable.Range(0, 20).Select(power => $"{new string('a', 1 << power)} {new string('a', 1 << power)}")]);
        var measured = Measure(folder.Root, [.. words.Select(word => files.GetValueOrDefault(word, word))]);
        Assert.Equal(exitCode, measured.ExitCode);
        Assert.InRange(measured.Largest, 20L << 20, 400L << 20);
    }

    /// <summary>What is written goes to the disk, and what is remembered of words has a limit: memory does not grow with the lines.</summary>
    [Fact]
    public void Embed_ManyLinesToAFile_TakesNoMoreMemoryThanFewer()
    {
        const int FewLines = 20_000;
        const int ManyLines = 200_000;
        const int Slack = 12 << 20; // of the collector's moods
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells the largest memory of a process");
        using var folder = new TemporaryFolder();
        var sentences = File.ReadAllLines(Repository.Sample("test.ru"));
        var largest = new List<long>();
        foreach (var count in (int[])[FewLines, ManyLines])
        {
            File.WriteAllLines(folder.File("lines"), Enumerable.Range(0, count).Select(i => $"{i} {sentences[i % sentences.Length]}"));
            var measured = Measure(folder.Root, ["embed", "--source", "lines", "-o", "vectors.npy", "--threads", "2"]);
            Assert.Equal(0, measured.ExitCode);
            largest.Add(measured.Largest);
        }

        Assert.InRange(new FileInfo(folder.File("vectors.npy")).Length, 4L * Slack, long.MaxValue);
        Assert.InRange(largest[1], 0, largest[0] + Slack);
    }

    private static byte[] LongLine(string name, int byteCount)
    {
        var random = new Random(5);
        var sentences = File.ReadAllText(Repository.Sample("test.ru")).Replace('\n', ' ');
        ReadOnlySpan<byte> unit = name switch
        {
            "words" => Encoding.UTF8.GetBytes(sentences),
            "unknown" => "\u16A0\u16A1\u16A2"u8,
            "repeated" => "a"u8,
            "ligatures" => "\uFDFA"u8, // three bytes that become eighteen characters of 33
            "broken" => [0xFF, 0xC3, (byte)'a', 0xE2],
            "placeholders" => "ab</s>｟newline｠"u8,
            _ => [.. Enumerable.Range(0, 1 << 16).Select(_ => (byte)random.Next('a', 'z' + 1))],
        };
        var bytes = new byte[byteCount];
        for (var start = 0; start < byteCount; start += unit.Length)
            unit[..Math.Min(unit.Length, byteCount - start)].CopyTo(bytes.AsSpan(start));
        return bytes;
    }

    /// <summary>The exit code and the largest memory of a run, whose output is read and forgotten.</summary>
    private (int ExitCode, long Largest) Measure(string folder, string[] arguments)
    {
        using var process = new GalvaniProcess { Program = Path.Combine(binary.Folder, "galvani"), WorkingFolder = folder }.Start(arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        var largest = 0L;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(5)))
            largest = Math.Max(largest, LargestMemory(process) ?? 0);
        Task.WaitAll(output, errors);
        return (process.ExitCode, largest);
    }

    /// <summary>The largest memory so far; null where the process has just ended.</summary>
    private static long? LargestMemory(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>This process's environment, with the one instruction set that the native binary is built for: between sets the last bits may differ.</summary>
    private static Dictionary<string, string> BinarysInstructionSet()
    {
        var variables = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        variables["GALVANI_FORCE_ISA"] = "avx2";
        return variables;
    }

    private GalvaniResult Run(params string[] arguments) =>
        new GalvaniProcess { Program = Path.Combine(binary.Folder, "galvani"), WorkingFolder = "/", Environment = new Dictionary<string, string>() }.Execute(arguments, []);
}

/// <summary>Publishes the native binary into the repository's <c>artifacts</c>, with build folders of its own, so that builds beside it are not disturbed.</summary>
public sealed class NativeBinary
{
    public NativeBinary()
    {
        Requirement.Need(File.Exists("/usr/bin/gcc") || File.Exists("/usr/bin/clang"), "gcc, to link the native binary (Debian: gcc zlib1g-dev)");
        Folder = Path.Combine(Repository.Root, "artifacts", "native");
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        var start = new ProcessStartInfo("dotnet", ["publish", "src/Galvani.Cli", "-c", "Release", "-o", Folder, "--artifacts-path", Path.Combine(Repository.Root, "artifacts", "build")])
        {
            WorkingDirectory = Repository.Root, RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The folder that holds the program.</summary>
    public string Folder { get; }
}
