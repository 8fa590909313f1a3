using System.IO.Compression;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>verify</c>: what passes, and every fault by name.</summary>
public sealed class VerifyCommandTests
{
    private static readonly byte[] EmptyModel = RawPickle.Of(pickle => pickle.Op("}"));

    public static TheoryData<string> WholeFiles => ["base/model.pt", "opennmt-v2/model.pt", "lm-rotary/model.pt", "containers/newer-records.pt", "containers/deflated.pt", "containers/state-dict.pt"];

    public static TheoryData<string, byte[], string> OtherFiles => new()
    {
        { "empty", [], "This is an empty file" }, { "text", "hello\n"u8.ToArray(), "This is a text file" }, { "json", "{\"a\": 1}"u8.ToArray(), "This is a JSON or text file" },
        { "png", [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10], "This is a PNG picture" }, { "gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], "This is a gzip file" },
        { "gguf", "GGUF\u0003\0\0\0"u8.ToArray(), "This is a GGUF model" }, { "onnx", [0x08, 0x07, 0x12, 0x07, .. "pytorch"u8], "This is an ONNX model" },
        { "random", [1, 2, 3, 0, 255, 254], "This is no model file" }, { "zip without a pickle", new ZipBuilder().Add("a.txt", "x"u8.ToArray()).Build(), "This zip archive is no checkpoint" },
    };

    [Theory]
    [MemberData(nameof(WholeFiles))]
    public void Verify_WholeFile_Passes(string file)
    {
        var result = GalvaniProcess.Run("verify", Repository.Golden(file.Split('/')));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("whole and consistent", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void Verify_OtherFile_SaysWhatItIs(string name, byte[] content, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), content);
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.True(result.ExitCode == 1, $"{name}: {result.ExitCode}");
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.bin", "a CTranslate2 model folder")]
    [InlineData("config.json,model.safetensors", "a Hugging Face model folder")]
    [InlineData("config.json,model-00001-of-00002.safetensors", "a Hugging Face model folder")]
    [InlineData("encoder.onnx", "a folder of ONNX models")]
    [InlineData("q4.gguf", "a folder of GGUF models")]
    [InlineData("notes.txt", "a folder")]
    public void Verify_Folder_SaysWhoseItIs(string files, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in files.Split(','))
            File.WriteAllText(folder.File(file), "x");
        foreach (var result in (GalvaniResult[])[GalvaniProcess.Run("verify", folder.Root), GalvaniProcess.Run("inspect", folder.Root)])
        {
            Assert.Equal(1, result.ExitCode);
            Assert.Contains($"This is {expected}, not an OpenNMT-py checkpoint", result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Verify_DamagedEntry_IsNamedWithBothChecksums()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(Repository.Sample("model.pt"));
        bytes[5_000_000] ^= 1;
        File.WriteAllBytes(folder.File("x.pt"), bytes);
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the entry was damaged", result.Output, StringComparison.Ordinal);
        Assert.Contains("model/data/17", result.Output, StringComparison.Ordinal);
        Assert.Contains("1 problem,", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_SplitForm_CountsTheWeightsOfAllFiles()
    {
        using var folder = new TemporaryFolder();
        Split(folder);
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("whole and consistent, OpenNMT-py checkpoint, ", result.Output, StringComparison.Ordinal);
        Assert.Contains(" 62 tensors,", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut", "behind the header")]
    [InlineData("cut in the header", "the file has")]
    [InlineData("a byte of the header", "header")]
    [InlineData("a byte of the length", "The header announces")]
    [InlineData("bytes behind", "behind the header")]
    [InlineData("no safetensors", "expected safetensors")]
    [InlineData("gone", "decoder.embeddings.make_embedding.emb_luts.0.weight is missing")]
    public void Verify_SplitFormWithBrokenWeights_IsOneAndNamesTheFile(string damage, string expected)
    {
        using var folder = new TemporaryFolder();
        Split(folder);
        var path = folder.File("x.00.safetensors");
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        if (damage != "gone")
            File.WriteAllBytes(path, Damage(bytes, damage));
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        if (damage != "gone")
            Assert.Contains(path, result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Verify_TwoBrokenFilesOfWeights_NamesBoth()
    {
        using var folder = new TemporaryFolder();
        Split(folder);
        File.WriteAllBytes(folder.File("x.01.safetensors"), File.ReadAllBytes(folder.File("x.00.safetensors"))[..5000]);
        File.WriteAllBytes(folder.File("x.00.safetensors"), []);
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("x.00.safetensors", result.Output, StringComparison.Ordinal);
        Assert.Contains("x.01.safetensors", result.Output, StringComparison.Ordinal);
        Assert.Contains("2 problems", result.Output, StringComparison.Ordinal);
    }

    private static byte[] Damage(byte[] bytes, string damage)
    {
        switch (damage)
        {
            case "cut":
                return bytes[..^1000];
            case "cut in the header":
                return bytes[..100];
            case "a byte of the header":
                bytes[9] = (byte)'\n';
                return bytes;
            case "a byte of the length":
                bytes[2] = 0xFF;
                return bytes;
            case "bytes behind":
                return [.. bytes, 0];
            default:
                return File.ReadAllBytes(Repository.Golden("base", "model.pt"));
        }
    }

    private static void Split(TemporaryFolder folder)
    {
        var result = GalvaniProcess.Run("convert", Repository.Golden("base", "model.pt"), "--format", "split", "-o", folder.File("x.pt"));
        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Theory]
    [InlineData("a tensor outside its storage", 4, 0, 8)]
    [InlineData("a storage that is longer than its entry", 8, 0, 4)]
    [InlineData("a storage that is shorter than its entry", 2, 0, 2)]
    public void Verify_StorageThatDoesNotFit_IsAProblem(string what, int elements, int offset, int size)
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(raw => raw.Op("}(").Text("x").Tensor("0", elements, offset, [size], [1]).Op("u"));
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle, new byte[16]).Build());
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.True(result.ExitCode == 1, what);
        Assert.Contains("problem", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_UnknownStorageType_IsAProblem()
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(raw => raw.Op("}(").Text("x").Tensor("0", 4, 0, [4], [1], type: "ImaginaryStorage").Op("u"));
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle, new byte[16]).Build());
        Assert.Equal(1, GalvaniProcess.Run("verify", folder.File("x.pt")).ExitCode);
    }

    /// <summary>Why the file does not open is what the check of its entries finds, too.</summary>
    [Fact]
    public void Verify_EntryThatUnpacksToTooMuch_IsOneProblem()
    {
        var result = GalvaniProcess.Run("verify", Path.Combine(Repository.Root, "tests", "Hostile", "bomb.npz"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the limit (InflationRatio)", result.Output, StringComparison.Ordinal);
        Assert.Contains("1 problem,", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ZipOfAnotherProgram_IsNoCheckpoint()
    {
        using var folder = new TemporaryFolder();
        using (var archive = ZipFile.Open(folder.File("x.pt"), ZipArchiveMode.Create))
            archive.CreateEntry("word/document.xml");
        Assert.Equal(1, GalvaniProcess.Run("verify", folder.File("x.pt")).ExitCode);
    }

    [Fact]
    public void Verify_FileWithoutOptions_IsCheckedAsTensorsOnly()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(EmptyModel).Build());
        var result = GalvaniProcess.Run("verify", folder.File("x.pt"));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("tensors without options", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ExtractedPart_PassesAsPartial()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run("extract", "--part", "embeddings", "-o", folder.File("small.pt")).ExitCode);
        var result = GalvaniProcess.Run("verify", folder.File("small.pt"));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("partial: embeddings", result.Output, StringComparison.Ordinal);
    }
}
