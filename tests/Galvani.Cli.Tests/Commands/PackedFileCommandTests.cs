using System.Text.Json;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>.galvani</c> files through the process: convert writes them, every command opens them.</summary>
public sealed class PackedFileCommandTests : IDisposable
{
    private const string Line = "Открыть файл";
    private static readonly string Sample = Repository.Sample("model.pt");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("fp32")]
    [InlineData("int8")]
    [InlineData("int8-exact")]
    public void Convert_ToGalvani_TranslatesAsTheCheckpointDoes(string compute)
    {
        var packed = folder.File("m.galvani");
        var output = Done("convert", Sample, "-o", packed, "--compute", compute).Output;
        Assert.Contains($"projections packed for {compute}", output, StringComparison.Ordinal);
        Assert.Equal(["m.galvani", "sentencepiece.model"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var command in (string[][])[["translate", "--json", Line], ["encode", "--json", Line]])
        {
            string[] expected = command[0] == "translate" ? [.. command, "--model", Sample, "--compute", compute] : [.. command, "--model", Sample];
            if (command[0] == "translate" || compute == "fp32")
                Assert.Equal(Done(expected).Output, Done([.. command, "--model", packed]).Output);
        }

        Assert.Contains("whole and consistent, OpenNMT-py checkpoint", Done("verify", packed).Output, StringComparison.Ordinal);
        Assert.Contains($"projections for {compute}", Done("inspect", packed).Output, StringComparison.Ordinal);
        Assert.StartsWith("safe", Done("inspect", packed, "--safety").Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Done("inspect", packed, "--json").Output);
        Assert.Equal(compute, json.RootElement.GetProperty("packed").GetProperty("compute").GetString());
    }

    [Fact]
    public void Convert_DryRun_SaysTheRealSizeAndWritesNothing()
    {
        var packed = folder.File("m.galvani");
        using var planned = JsonDocument.Parse(Done("convert", Sample, "-o", packed, "--compute", "int8", "--dry-run", "--json").Output);
        Assert.Empty(Directory.GetFiles(folder.Root));
        Done("convert", Sample, "-o", packed, "--compute", "int8");
        Assert.Equal(new FileInfo(packed).Length, planned.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(("galvani", "int8"), (planned.RootElement.GetProperty("format").GetString(), planned.RootElement.GetProperty("compute").GetString()));
        Assert.Equal(["sentencepiece.model"], planned.RootElement.GetProperty("tokenizers").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void Convert_BackToACheckpoint_IsExactInSinglePrecisionAndSaysSoIn8Bits()
    {
        Done("convert", Repository.Golden("base", "model.pt"), "-o", folder.File("single.galvani"));
        Done("convert", folder.File("single.galvani"), "-o", folder.File("back.pt"));
        Assert.Equal(0, Run("diff", Repository.Golden("base", "model.pt"), folder.File("back.pt")).ExitCode);
        Assert.Equal(0, Run("diff", Repository.Golden("base", "model.pt"), folder.File("single.galvani")).ExitCode);
        Done("convert", Repository.Golden("base", "model.pt"), "-o", folder.File("int8.galvani"), "--compute", "int8");
        Assert.Contains("weights in 8 bits", Done("convert", folder.File("int8.galvani"), "-o", folder.File("back8.pt"), "--dtype", "f16").Output, StringComparison.Ordinal);
        Assert.Contains("weights in 8 bits", Done("extract", folder.File("int8.galvani"), "--part", "encoder", "-o", folder.File("encoder.pt")).Output, StringComparison.Ordinal);
        Assert.Equal(1, Run("diff", Repository.Golden("base", "model.pt"), folder.File("back8.pt")).ExitCode);
    }

    [Theory]
    [InlineData(2, "whose numbers --compute chooses", "convert", "SAMPLE", "-o", "x.galvani", "--dtype", "f16")]
    [InlineData(2, "goes with a .galvani file", "convert", "SAMPLE", "-o", "x.pt", "--compute", "int8")]
    [InlineData(2, "--compute is int4", "convert", "SAMPLE", "-o", "x.galvani", "--compute", "int4")]
    [InlineData(2, "which only convert writes", "release", "SAMPLE", "-o", "x.galvani")]
    [InlineData(2, "which only convert writes", "extract", "SAMPLE", "--part", "encoder", "-o", "x.galvani")]
    [InlineData(1, "asked to compute in fp32", "translate", "x", "--model", "PACKED", "--compute", "fp32")]
    [InlineData(1, "convert the checkpoint itself", "convert", "PACKED", "-o", "x.galvani")]
    public void Command_WhatDoesNotGo_SaysWhy(int exitCode, string message, params string[] arguments)
    {
        var packed = folder.File("packed.galvani");
        if (arguments.Contains("PACKED"))
            Done("convert", Sample, "-o", packed, "--compute", "int8");
        var result = Run([.. arguments.Select(argument => argument switch { "SAMPLE" => Sample, "PACKED" => packed, _ when argument.StartsWith("x.", StringComparison.Ordinal) => folder.File(argument), _ => argument })]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(folder.Root), file => Path.GetFileName(file).StartsWith("x.", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_ChangedByte_NamesTheEntry()
    {
        var packed = folder.File("m.galvani");
        Done("convert", Repository.Golden("base", "model.pt"), "-o", packed, "--compute", "int8");
        var bytes = File.ReadAllBytes(packed);
        using (var json = JsonDocument.Parse(Done("inspect", packed, "--archive", "--json").Output))
            bytes[json.RootElement.EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == "archive/galvani/3").GetProperty("offset").GetInt32()] ^= 1;
        File.WriteAllBytes(packed, bytes);
        var result = Run("verify", packed);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("archive/galvani/3", result.Output, StringComparison.Ordinal);
    }

    private static GalvaniResult Run(params string[] arguments) => GalvaniProcess.Run(arguments);

    private static GalvaniResult Done(params string[] arguments)
    {
        var result = Run(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
