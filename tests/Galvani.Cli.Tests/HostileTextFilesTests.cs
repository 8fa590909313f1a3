using Galvani.Cli.Configuration;
using Galvani.Cli.Hosting;
using Galvani.Testing.Hostile;

namespace Galvani.Cli.Tests;

/// <summary>The corpus of <c>tests/Hostile</c> that is no file of tensors, through the commands that read it: an answer, or one clear line, in time.</summary>
public sealed class HostileTextFilesTests
{
    private static readonly string[] SmallModel = ["--model", Repository.Golden("base", "model.pt")];

    public static TheoryData<string> Tokenizers => [.. HostileCorpus.Tokenizers.Select(trick => trick.Name)];

    public static TheoryData<string> Vocabularies => [.. HostileCorpus.Vocabularies.Select(trick => trick.Name)];

    public static TheoryData<string> OptionFiles => [.. HostileCorpus.OptionFiles.Select(trick => trick.Name)];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Tokenize_HostileTokenizer_IsOneClearLineOrPieces(string name) =>
        Check(HostileCorpus.Tokenizers.Single(trick => trick.Name == name), "tokenize", "ab é", "--tokenizer", HostileCorpus.PathOf(name));

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Command_HostileVocabulary_IsOneClearLineOrAnAnswer(string name)
    {
        using var folder = new TemporaryFolder();
        var (trick, path) = (HostileCorpus.Vocabularies.Single(trick => trick.Name == name), HostileCorpus.PathOf(name));
        Assert.Equal(trick.Bytes, HostileCorpus.BytesOf(name));
        File.WriteAllText(folder.File("codes"), "#version: 0.2\na b\nab c</w>\n");
        switch (Path.GetExtension(name))
        {
            case ".pt":
                Check(trick, "embed", "a <blank> q", "--model", path);
                Check(trick with { Error = trick.Error == "UTF-8" ? trick.Error : null }, "inspect", path, "--vocab");
                break;
            case ".vmap":
                Check(trick, ["translate", "a b", "--pieces", "--vocabulary-map", path, .. SmallModel]);
                break;
            case ".vocab":
                Check(trick, "tokenize", "abc", "--tokenizer", folder.File("codes"), "--vocabulary", path, "--vocabulary-threshold", "1");
                break;
            case ".tokens":
                // Two of the lists that can be read have no token of this model.
                var isForeign = name is "vocabularies/token-twice.tokens" or "vocabularies/line-of-200-kilobytes.tokens";
                Check(isForeign ? trick with { Error = "tokens to keep is in a vocabulary" } : trick, "graft", SmallModel[1], "--keep-tokens", path, "-o", folder.File("x.pt"), "--dry-run");
                break;
            default:
                Check(trick, ["translate", "a b", "--pieces", "--replace-unk", "--phrase-table", path, .. SmallModel]);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(OptionFiles))]
    public void Read_HostileOptionFile_IsOneClearErrorOrOptions(string name)
    {
        var trick = HostileCorpus.OptionFiles.Single(trick => trick.Name == name);
        Assert.Equal(trick.Bytes, HostileCorpus.BytesOf(name));
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (trick.Error is null)
            Assert.Single(YamlOptions.Read(HostileCorpus.PathOf(name)));
        else
        {
            var error = Assert.Throws<CommandException>(() => YamlOptions.Read(HostileCorpus.PathOf(name))).Message;
            Assert.Contains(trick.Error, error, StringComparison.Ordinal);
            Assert.Contains(HostileCorpus.PathOf(name), error, StringComparison.Ordinal);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50L << 20);
    }

    [Theory]
    [InlineData("options/aliases-bomb.yaml")]
    [InlineData("options/bytes-of-all-values.yaml")]
    [InlineData("options/tag-of-python.yaml")]
    public void Translate_HostileOptionFile_IsOneClearLine(string name) =>
        Check(HostileCorpus.OptionFiles.Single(trick => trick.Name == name), ["translate", "a", "--config", HostileCorpus.PathOf(name), .. SmallModel]);

    private static void Check(Trick trick, params string[] arguments)
    {
        var result = new GalvaniProcess { Program = NativeBinary.ProgramOrBuilt, Timeout = TimeSpan.FromSeconds(10) }.Execute(arguments, []);
        Assert.True(result.ExitCode == (trick.Error is null ? 0 : 1), $"exit code {result.ExitCode}: {result.Error}");
        Assert.DoesNotContain("internal error", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
        if (trick.Error is null)
            return;
        Assert.Contains(trick.Error, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(character => character == '\n'));
    }
}
