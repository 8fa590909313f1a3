using System.Runtime.InteropServices;
using System.Text.Json;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The commands that make new checkpoints, and diff, through the process.</summary>
public sealed class OperationCommandsTests : IDisposable
{
    private const int SignalInterrupt = 2;
    private static readonly string Base = Repository.Golden("base", "model.pt");
    private static readonly string Old = Repository.Golden("opennmt-v2", "model.pt");
    private static readonly string Converted = Repository.Golden("opennmt-v2", "converted-to-v3.pt");

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Commands => ["convert", "release", "average", "merge-lora", "diff", "graft", "extract"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_OfEveryCommand_HasExamples(string command)
    {
        var help = Done(command, "--help").Output;
        Assert.Contains($"Examples:\n  galvani {command} ", help, StringComparison.Ordinal);
        Assert.Contains("--json", help, StringComparison.Ordinal);
        if (command != "diff")
            Assert.Contains("--dry-run", help, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_OldFormToVersion3_SaysEachChangeAndGivesTheToolkitsFile()
    {
        var output = Done("convert", Old, "--to", "v3", "-o", folder.File("x.pt")).Output;
        Assert.StartsWith($"wrote {folder.File("x.pt")}: ", output, StringComparison.Ordinal);
        Assert.Contains("opt: rnn_size became hidden_size", output, StringComparison.Ordinal);
        var diff = Run("diff", folder.File("x.pt"), Converted);
        Assert.Equal((0, "the same: options, vocabularies and all 94 tensors\n"), (diff.ExitCode, diff.Output));
    }

    [Fact]
    public void Convert_OntoItself_ReplacesTheFile()
    {
        File.Copy(Base, folder.File("model.pt"));
        Done("convert", folder.File("model.pt"), "--dtype", "bf16", "-o", folder.File("model.pt"));
        Assert.Contains("bfloat16", Done("inspect", folder.File("model.pt"), "--tensors").Output, StringComparison.Ordinal);
        Assert.Contains("whole and consistent", Done("verify", folder.File("model.pt")).Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Theory]
    [InlineData("convert|{base}")]
    [InlineData("release|{base}")]
    [InlineData("average|{base}|{base}")]
    [InlineData("graft|{base}|--layers|encoder:0,1")]
    public void AnyCommand_SplitForm_GivesTheSameModelInTwoFiles(string line)
    {
        string[] words = [.. line.Replace("{base}", Base, StringComparison.Ordinal).Split('|'), "-o", folder.File("x.pt"), "--format", "split", "--json"];
        using var planned = Json([.. words, "--dry-run"]);
        Assert.Empty(Directory.GetFiles(folder.Root));
        using var done = Json(words);
        Assert.Equal("split", done.RootElement.GetProperty("format").GetString());
        Assert.Equal(folder.File("x.00.safetensors"), done.RootElement.GetProperty("weights").GetString());
        Assert.Equal(done.RootElement.GetProperty("bytes").GetInt64(), planned.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(Directory.GetFiles(folder.Root).Sum(file => new FileInfo(file).Length), done.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal((0, "the same: options, vocabularies and all 62 tensors\n"), (Run("diff", Base, folder.File("x.pt")) is var diff ? diff.ExitCode : 2, diff.Output));
    }

    [Theory]
    [InlineData("x.npz", "split", 2, "expected a file .pt")]
    [InlineData("x.pt", "halves", 2, "--format is halves, expected split")]
    [InlineData("y.pt", "split", 1, "y.01.safetensors would be read as a part of the new checkpoint")]
    public void Convert_SplitFormThatCannotBe_SaysWhyAndWritesNothing(string name, string format, int exitCode, string expected)
    {
        File.WriteAllText(folder.File("y.01.safetensors"), "of another");
        var result = Run("convert", Base, "-o", folder.File(name), "--format", format);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal([folder.File("y.01.safetensors")], Directory.GetFiles(folder.Root));
    }

    [Theory]
    [InlineData("x.pt")]
    [InlineData("x.safetensors")]
    [InlineData("x.npz")]
    public void Convert_DryRun_SaysTheRealSizeAndWritesNothing(string name)
    {
        using var planned = Json("convert", Base, "-o", folder.File(name), "--dtype", "f16", "--dry-run", "--json");
        Assert.Empty(Directory.GetFiles(folder.Root));
        using var done = Json("convert", Base, "-o", folder.File(name), "--dtype", "f16", "--json");
        Assert.False(planned.RootElement.GetProperty("written").GetBoolean());
        Assert.True(done.RootElement.GetProperty("written").GetBoolean());
        Assert.Equal(new FileInfo(folder.File(name)).Length, planned.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(planned.RootElement.GetProperty("cast").GetInt32(), done.RootElement.GetProperty("tensors").GetInt32());
    }

    [Fact]
    public void Release_TrainingCheckpoint_SaysWhatWasDropped()
    {
        Assert.Contains("dropped the optimizer: training step 301", Done("release", Old, "-o", folder.File("x.pt")).Output, StringComparison.Ordinal);
        var diff = Run("diff", Old, folder.File("x.pt"));
        Assert.Equal(0, diff.ExitCode);
        Assert.Contains("the optimizers are not compared", diff.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Average_WithWeights_SaysSharesAndWhatWasAveragedOnce()
    {
        using var json = Json("average", Converted, Converted, Converted, "--weights", "1,2,1", "-o", folder.File("x.pt"), "--json");
        Assert.Equal([0.25, 0.5, 0.25], json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("share").GetDouble()));
        Assert.Equal(92, json.RootElement.GetProperty("averaged").GetInt32());
        Assert.Equal(0, Run("diff", Converted, folder.File("x.pt")).ExitCode);
    }

    [Fact]
    public void Graft_LayersAndTokens_GivesAModelThatVerifies()
    {
        File.WriteAllText(folder.File("tokens.txt"), ",\t100\n.\r\nnone-such\n");
        var output = Done("graft", Converted, "--layers", "encoder:1", "--layer", $"decoder:2={Converted}:0", "--keep-tokens", folder.File("tokens.txt"), "-o", folder.File("x.pt")).Output;
        foreach (var expected in (string[])["encoder layer 0 is layer 1 of", "decoder layer 2 is layer 0 of", "vocab.src: 6 of 4858 tokens", "in no vocabulary: none-such", "opt: enc_layers 2 -> 1", "opt: layers 2 -> -1"])
            Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Contains("whole and consistent", Done("verify", folder.File("x.pt")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Graft_TokensOfAnotherModel_IsRefused()
    {
        File.WriteAllText(folder.File("tokens.txt"), "none-such\nneither-this\n");
        var result = Run("graft", Converted, "--keep-tokens", folder.File("tokens.txt"), "-o", folder.File("x.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("none of the 2 tokens to keep is in a vocabulary", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.pt")));
    }

    [Fact]
    public void Graft_ListThatIsOneLongLine_ShowsItsBeginning()
    {
        File.WriteAllText(folder.File("tokens.txt"), ",\n" + new string('x', 100_000));
        var output = Done("graft", Converted, "--keep-tokens", folder.File("tokens.txt"), "-o", folder.File("x.pt")).Output;
        Assert.Contains($"1 token to keep, in no vocabulary: {new string('x', 40)}…\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_LayersAndTensors_TakesWhatAnyOfThemNames()
    {
        using var json = Json("extract", Base, "--layers", "encoder:0", "--tensors", "*layer_norm_2*", "-o", folder.File("x.safetensors"), "--json");
        var names = json.RootElement.GetProperty("tensors").EnumerateArray().Select(name => name.GetString()!).ToList();
        Assert.Contains("encoder.transformer.0.layer_norm.weight", names);
        Assert.Contains("decoder.transformer_layers.1.layer_norm_2.bias", names);
        Assert.DoesNotContain(names, name => name.Contains("transformer.1.", StringComparison.Ordinal));
    }

    [Fact]
    public void Diff_OtherModel_IsOneAndAsJsonTellsEach()
    {
        var result = Run("diff", Base, Repository.Golden("gelu", "model.pt"), "--json");
        Assert.Equal(1, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        Assert.False(json.RootElement.GetProperty("same").GetBoolean());
        Assert.Contains(json.RootElement.GetProperty("options").EnumerateArray(), option => option.GetProperty("name").GetString() == "pos_ffn_activation_fn" && option.GetProperty("second").GetString() == "gelu");
        var tensor = json.RootElement.GetProperty("tensors").EnumerateArray().First();
        Assert.True(tensor.GetProperty("max_difference").GetDouble() > 0);
        Assert.InRange(tensor.GetProperty("cosine").GetDouble(), -1, 1);
    }

    [Fact]
    public void Diff_SplitFormWithATensorTwice_IsTwoBecauseNothingWasCompared()
    {
        Done("convert", Base, "--format", "split", "-o", folder.File("x.pt"));
        File.Copy(folder.File("x.00.safetensors"), folder.File("x.01.safetensors"));
        var result = Run("diff", Base, folder.File("x.pt"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("others more than once", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diff|{base}|/none.pt", "There is no file /none.pt")]
    [InlineData("diff|{base}|{text}", "Expected|expected|is ")]
    [InlineData("convert|{base}|-o|x.onnx", "expected .pt, .pth, .safetensors, .npz")]
    [InlineData("convert|{base}|--dtype|f8|-o|x.pt", "--dtype is f8, expected f32, f16, bf16")]
    [InlineData("convert|{base}|--to|v4|-o|x.pt", "--to is v4, expected v3")]
    [InlineData("average|{base}|-o|x.pt", "two files")]
    [InlineData("average|{base}|{base}|--weights|1|-o|x.pt", "1 numbers for 2 files")]
    [InlineData("average|{base}|{base}|--weights|1,-1|-o|x.pt", "'-1'")]
    [InlineData("graft|{base}|-o|x.pt", "Expected something to graft")]
    [InlineData("graft|{base}|--layer|encoder:0|-o|x.pt", "SIDE:LAYERS=DONOR:LAYERS")]
    [InlineData("graft|{base}|--layers|0-2|-o|x.pt", "encoder:0-2")]
    [InlineData("graft|{base}|--unmatched|some|--embeddings|{base}|-o|x.pt", "keep, zero or mean")]
    [InlineData("graft|{base}|--unmatched|zero|-o|x.pt", "--unmatched goes with --embeddings")]
    [InlineData("merge-lora|{base}|{base}|--alpha|NaN|-o|x.pt", "--alpha is NaN, expected a finite number")]
    [InlineData("average|{base}|{base}|--weights|1e308,1e308|-o|x.pt", "infinite sum")]
    [InlineData("convert|{base}|-o|", "--output is empty, expected OUT")]
    [InlineData("graft|{base}|--encoder||-o|x.pt", "--encoder is empty, expected DONOR")]
    [InlineData("extract|{base}|-o|x.pt", "--part, --tensors or --layers")]
    public void AnyCommand_WrongUsage_IsTwoAndOneLine(string line, string expected)
    {
        File.WriteAllText(folder.File("text"), "no model");
        var result = Run([.. line.Split('|').Select(word => word.Replace("{base}", Base, StringComparison.Ordinal).Replace("{text}", folder.File("text"), StringComparison.Ordinal))]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected.Split('|'), part => result.Error.Contains(part, StringComparison.Ordinal));
        Assert.Equal(1, result.Error.Count(character => character == '\n'));
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("average|{base}|{other}|-o|x.pt", "The files are not of one model")]
    [InlineData("merge-lora|{base}|{other}|-o|x.pt", "is no low-rank adaptation")]
    [InlineData("graft|{base}|--encoder|{other}|-o|x.pt", "pos_ffn_activation_fn is GatedGelu, not Relu")]
    [InlineData("graft|{base}|--layer|encoder:0={base}:0|--layer|encoder:0={base}:1|-o|x.pt", "place 0 is filled twice")]
    [InlineData("graft|{base}|--keep-tokens|/no/such/list|-o|x.pt", "There is no file /no/such/list.")]
    [InlineData("graft|{base}|--keep-tokens|/|-o|x.pt", "/ is a folder, expected a file.")]
    [InlineData("graft|{base}|--keep-tokens|/dev/null|-o|x.pt", "/dev/null has no tokens, expected one a line")]
    [InlineData("convert|{base}|-o|/no/such/folder/x.pt", "/no/such/folder does not exist")]
    public void AnyCommand_FilesThatDoNotFit_IsOneAndLeavesNothing(string line, string expected)
    {
        var other = Repository.Golden("gated-gelu", "model.pt");
        var result = Run([.. line.Split('|').Select(word => word.Replace("{base}", Base, StringComparison.Ordinal).Replace("{other}", other, StringComparison.Ordinal))]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    /// <summary>Ctrl-C while a large file is written: exit code 130, the old file whole, nothing beside it.</summary>
    [Fact]
    public void Average_Interrupted_LeavesTheOldFileAlone()
    {
        File.WriteAllText(folder.File("x.pt"), "old");
        var arguments = new List<string> { "average", "-o", folder.File("x.pt") };
        arguments.AddRange(Enumerable.Repeat(Repository.Sample("model.pt"), 100));
        using var process = new GalvaniProcess().Start(arguments);
        var temporaryAppeared = SpinWait.SpinUntil(() => Directory.GetFiles(folder.Root).Length > 1, TimeSpan.FromSeconds(50));
        Assert.True(temporaryAppeared);
        Assert.Equal(0, Kill(process.Id, SignalInterrupt));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("old", File.ReadAllText(folder.File("x.pt")));
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private GalvaniResult Run(params string[] arguments) => new GalvaniProcess { WorkingFolder = folder.Root }.Execute(arguments, []);

    private GalvaniResult Done(params string[] arguments)
    {
        var result = Run(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    private JsonDocument Json(params string[] arguments) => JsonDocument.Parse(Done(arguments).Output);
}
