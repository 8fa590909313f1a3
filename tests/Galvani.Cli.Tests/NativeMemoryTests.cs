using System.Diagnostics;
using System.Globalization;
using System.Text;
using Galvani.Testing;
using Galvani.Text;

namespace Galvani.Cli.Tests;

/// <summary>The largest memory of the native binary on the files and lines that ask for the most: what SECURITY.md promises.</summary>
public sealed class NativeMemoryTests
{
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
    public void Average_TenFilesOfVeryManyTensors_StaysWithin400Megabytes(string output)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("many.safetensors"), VeryManyTensors());
        AssertMemory(folder, exitCode: 0, ["average", .. Enumerable.Repeat("many.safetensors", 10), "-o", output]);
    }

    /// <summary>Of a deflated tensor the place of its entry is kept, too.</summary>
    [Fact]
    public void Average_TenFilesOfVeryManyDeflatedTensors_StaysWithin400Megabytes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("many.pt"), VeryManyDeflatedTensors());
        AssertMemory(folder, exitCode: 0, ["average", .. Enumerable.Repeat("many.pt", 10), "-o", "x.pt"]);
    }

    /// <summary>Big-endian numbers are turned while they are read, and nothing of them is kept.</summary>
    [Theory]
    [InlineData("average|large.npy|large.npy|-o|x.npz")]
    [InlineData("average|large.npy|large.npy|large.npy|large.npy|large.npy|large.npy|large.npy|large.npy|large.npy|large.npy|-o|x.npz")]
    [InlineData("diff|large.npy|large.npy")]
    [InlineData("average|many.npz|many.npz|many.npz|many.npz|many.npz|many.npz|many.npz|many.npz|many.npz|many.npz|-o|x.npz")]
    public void Command_FilesOfBigEndianArrays_StayWithin400Megabytes(string line)
    {
        const int Elements = 4_900_000;
        const int Arrays = 74_000;
        const long LeastBytes = 8 << 20; // what the program itself takes: hardly anything comes on top
        using var folder = new TemporaryFolder();
        static byte[] Array(int count)
        {
            var header = Encoding.ASCII.GetBytes($"{{'descr': '>f4', 'fortran_order': False, 'shape': ({count},), }}".PadRight(117) + "\n");
            return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0, .. header, .. new byte[sizeof(float) * count]];
        }

        File.WriteAllBytes(folder.File("large.npy"), Array(Elements));
        var many = new ZipBuilder { HasZip64 = true, ChangeEnd = end => end.AsSpan(8, 4).Fill(byte.MaxValue) }; // more entries than the end record counts
        var small = Array(4);
        for (var i = 0; i < Arrays; i++)
            many.Add(FormattableString.Invariant($"{i:x}.npy"), small);
        File.WriteAllBytes(folder.File("many.npz"), many.Build());
        AssertMemory(folder, exitCode: 0, LeastBytes, line.Split('|'));
    }

    /// <summary>Two storages of 30 MB are unpacked, and read in parts, in turn.</summary>
    [Fact]
    public void Average_TwoFilesOfALargeDeflatedTensor_StaysWithin400Megabytes()
    {
        const int Bytes = 30 << 20;
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(tree => tree.Op('}').Text("w").Tensor("0", Bytes / 4, 0, [Bytes / 4], [1]).Op('s'));
        File.WriteAllBytes(folder.File("large.pt"), new ZipBuilder().Add("a/data.pkl", pickle).AddDeflated("a/data/0", [.. Enumerable.Range(0, Bytes).Select(i => (byte)(i % 64 == 0 ? i * 2654435761u >> 24 : 63))]).Build());
        AssertMemory(folder, exitCode: 0, "average", "large.pt", "large.pt", "-o", "x.pt");
    }

    /// <summary>118 000 deflated tensors, nearly the most, in a file of 20 MB whose other bytes pay for their tree.</summary>
    private static byte[] VeryManyDeflatedTensors()
    {
        const int Count = 118_000;
        var numbers = new byte[64];
        var pickle = RawPickle.Of(tree =>
        {
            tree.Global("torch._utils", "_rebuild_tensor_v2").Put(0).Text("storage").Put(1).Global("torch", "FloatStorage").Put(2).Text("cpu").Put(3)
                .Tuple(16).Put(4).Tuple(1).Put(5).Global("collections", "OrderedDict").Op(")R").Put(6).Op("0000000}(");
            for (var i = 0; i < Count; i++)
            {
                tree.Text(FormattableString.Invariant($"t{i}")).Get(0).Op("((").Get(1).Get(2).Text(FormattableString.Invariant($"{i}")).Get(3).Bytes((byte)'K', 16).Op("tQ")
                    .Bytes((byte)'K', 0).Get(4).Get(5).Bytes(0x89).Get(6).Op("tR");
            }

            tree.Op('u');
        });
        var file = new ZipBuilder { HasZip64 = true, ChangeEnd = end => end.AsSpan(8, 4).Fill(byte.MaxValue) }.AddDeflated("a/data.pkl", pickle); // more entries than the end record counts
        for (var i = 0; i < Count; i++)
            file.AddDeflated(FormattableString.Invariant($"a/data/{i}"), numbers);
        return file.Add("a/other", new byte[6_800_000]).Build();
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

    /// <summary>The most values that are shown: just below a hundred million nodes, each written in full.</summary>
    [Theory]
    [InlineData("inspect|--values|/|--all")]
    [InlineData("inspect|--values|/|--all|--json")]
    public void Values_JustBelowTheLimit_StayWithin400Megabytes(string line)
    {
        const int Elements = 4_900_000;
        const int Rows = 20;
        using var folder = new TemporaryFolder();
        var random = new Random(8);
        var storage = new byte[sizeof(float) * Elements];
        for (var i = 0; i < Elements; i++)
            BitConverter.TryWriteBytes(storage.AsSpan(sizeof(float) * i), random.NextSingle() - 0.5f);
        var pickle = RawPickle.Of(tree => tree.Tensor("0", Elements, 0, [Rows, Elements - Rows + 1], [1, 1], "FloatStorage"));
        File.WriteAllBytes(folder.File("values.pt"), ZipBuilder.Torch(pickle, storage).Build());
        string[] words = line.Split('|');
        AssertMemory(folder, exitCode: 0, least: 10L << 20, [words[0], "values.pt", .. words[1..]]);
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

    private static void AssertMemory(TemporaryFolder folder, int exitCode, params string[] arguments) => AssertMemory(folder, exitCode, 50L << 20, arguments);

    private static void AssertMemory(TemporaryFolder folder, int exitCode, long least, string[] arguments)
    {
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells the largest memory of a process");
        var measured = Measure(folder.Root, arguments);
        Assert.True(exitCode == measured.ExitCode, $"ended with {measured.ExitCode}, expected {exitCode}: {measured.Errors}");
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
    [InlineData("tokenize|--source|repeated|--tokenizer|LONGER", 1)]
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
    [InlineData("embed|--json|--source|words|--on-long|split", 0)]
    [InlineData("embed|--json|--no-positions|--per-token|sum|--dimensions|2|--source|words", 0)]
    [InlineData("embed|--pieces|--no-positions|--source|pieces", 0)]
    [InlineData("translate|--source|ligatures|--on-long|split|--max-source|20|--target-prefix|BEYOND", 1)]
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
            ["BEYOND"] = string.Concat(Enumerable.Repeat("the ", 6000)), // more than the model can produce: an error when the first parts are translated
            ["DOUBLING"] = folder.File("doubling"), // pieces of up to a million characters: nothing is sure in any window of the usual size
            ["LONGER"] = folder.File("longer"), // nothing is sure before the end of a word
        };
        if (line.Contains("LONGER", StringComparison.Ordinal))
            File.WriteAllBytes(folder.File("longer"), LongerAndBetter());
        if (line.Contains("DOUBLING", StringComparison.Ordinal))
            File.WriteAllLines(folder.File("doubling"), [.. Enumerable.Range(0, 20).Select(power => $"{new string('a', 1 << power)} {new string('a', 1 << power)}")]);
        var measured = Measure(folder.Root, [.. words.Select(word => files.GetValueOrDefault(word, word))]);
        Assert.Equal(exitCode, measured.ExitCode);
        Assert.InRange(measured.Largest, 20L << 20, 400L << 20);
    }

    /// <summary>A line whose states would be 700 MB and more if those of all layers were kept: with what belongs to a part alone, it takes no more than a line within the limit.</summary>
    [Theory]
    [InlineData("encode|--on-long|split|--max-source|200")]
    [InlineData("encode|--on-long|split|--max-source|200|--layers|0,last|--pool|--json")]
    public void Encode_LineOfVeryManyParts_StaysWithin400Megabytes(string line)
    {
        Requirement.Need(OperatingSystem.IsLinux(), "Linux, which tells the largest memory of a process");
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("words"), LongLine("words", byteCount: 700_000));
        var measured = Measure(folder.Root, [.. line.Split('|'), "--source", "words"]);
        Assert.Equal(0, measured.ExitCode);
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

    /// <summary>A BPE model of pieces of which each is one letter longer and better than the last.</summary>
    private static byte[] LongerAndBetter()
    {
        const int Longest = 2800;
        var builder = new ModelBuilder().Piece("<unk>", 0, (int)PieceType.Unknown);
        for (var length = 1; length <= Longest; length++)
            builder.Piece(new string('a', length), length - Longest);
        return builder.Trainer(new ModelBuilder().Varint(3, (ulong)SentencePieceModelType.Bpe)).ToArray();
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
            "pieces" => "a "u8,
            "placeholders" => "ab</s>｟newline｠"u8,
            _ => [.. Enumerable.Range(0, 1 << 16).Select(_ => (byte)random.Next('a', 'z' + 1))],
        };
        var bytes = new byte[byteCount];
        for (var start = 0; start < byteCount; start += unit.Length)
            unit[..Math.Min(unit.Length, byteCount - start)].CopyTo(bytes.AsSpan(start));
        return bytes;
    }

    /// <summary>The exit code and the largest memory of a run, whose output is read and forgotten.</summary>
    private static (int ExitCode, long Largest, string Errors) Measure(string folder, string[] arguments)
    {
        using var process = new GalvaniProcess { Program = NativeBinary.Program, WorkingFolder = folder }.Start(arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        var errors = process.StandardError.ReadToEndAsync();
        var largest = 0L;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(5)))
            largest = Math.Max(largest, LargestMemory(process) ?? 0);
        Task.WaitAll(output, errors);
        return (process.ExitCode, largest, errors.Result);
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
}
