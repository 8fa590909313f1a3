namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>Files that are something else are named by their content.</summary>
public sealed class FileKindTests
{
    public static TheoryData<byte[], string> Files => new()
    {
        { [], "an empty file" },
        { [0x1F, 0x8B, 8, 0], "a gzip file" },
        { [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10], "a PNG picture" },
        { [0xFF, 0xD8, 0xFF, 0xE0], "a JPEG picture" },
        { [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive" },
        { "GGUF\u0003\0\0\0"u8.ToArray(), "a GGUF model" },
        { [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10], "an HDF5 file" },
        { [8, 7, 0x12, 7, (byte)'p', (byte)'y', (byte)'t', (byte)'o', (byte)'r', (byte)'c', (byte)'h'], "an ONNX model" },
        { "Привет, мир\n"u8.ToArray(), "a text file" },
        { "{\"a\": 1}"u8.ToArray(), "JSON" },
        { "<!DOCTYPE html><html>"u8.ToArray(), "HTML" },
        { "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "Git LFS" },
        { [0, 0, 0, 0, 0, 0], "no model file" },
    };

    public static TheoryData<byte[], string> Torch => new()
    {
        { new TarBuilder().Add("readme.txt", "x"u8.ToArray()).Build(), "a tar archive without storages" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_ForeignFile_IsNamed(byte[] file, string expected) => Assert.Contains(expected, HostileFile.Fail(file).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Torch))]
    public void Open_OtherFormOfModel_IsUnsupportedByName(byte[] file, string expected) => HostileFile.With(file, path =>
    {
        Assert.Contains(expected, Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    [Fact]
    public void Open_Folder_IsNamed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), "{}");
        File.WriteAllText(folder.File("model.safetensors"), "");
        Assert.Contains("Hugging Face", Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFile_IsAnIoError() => Assert.ThrowsAny<IOException>(() => Checkpoint.Open("/no/such/file.pt"));
}
