using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Which transforms and which subword model a checkpoint asks for.</summary>
public sealed class TokenizationInfoTests
{
    private static readonly string[] Tokens = ["<unk>", "▁a"];

    [Fact]
    public void Transforms_OfTheOptions_ComeFirst() =>
        Assert.Equal(["sentencepiece"], Read(raw => raw.Text("transforms").List("sentencepiece").Text("data").Op("}(").Text("valid").Op("}(").Text("transforms").List("bpe").Op("uu"), info => info.Transforms()));

    [Fact]
    public void Transforms_OfTheValidationCorpus_ComeNext() => Assert.Equal(["bpe"], Read(raw => Corpora(raw, ("a", "prefix"), ("valid", "bpe")), info => info.Transforms()));

    [Fact]
    public void Transforms_CorporaThatAgree_AreTheirs() => Assert.Equal(["bpe"], Read(raw => Corpora(raw, ("a", "bpe"), ("b", "bpe")), info => info.Transforms()));

    [Fact]
    public void Transforms_CorporaThatDisagree_AreListed()
    {
        Action<RawPickle> options = raw => Corpora(raw, ("a", "bpe"), ("b", "prefix"));
        Assert.Contains("a: bpe; b: prefix", Assert.Throws<ArgumentException>(() => Read(options, info => info.Transforms())).Message, StringComparison.Ordinal);
        Assert.Equal(["prefix"], Read(options, info => info.Transforms("b")));
        Assert.Contains("no corpus c", Assert.Throws<ArgumentException>(() => Read(options, info => info.Transforms("c"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/home/user/spm.model", "spm.model")]
    [InlineData(@"C:\models\spm.model", "spm.model")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..", "")]
    [InlineData("a\0b", "")]
    public void SourceModelName_RecordedPath_IsItsLastSegment(string path, string expected) =>
        Assert.Equal(expected, Read(raw => raw.Text("src_subword_model").Text(path), info => info.SourceModelName));

    /// <summary>The name of a checkpoint that was in memory is no path: nothing is looked for beside it, even where there is such a file.</summary>
    [Fact]
    public void FindSourceModel_CheckpointInMemory_LooksNowhere()
    {
        using var checkpoint = new OpenNmtCheckpoint(Checkpoint.Open(File.ReadAllBytes(Repository.Sample("model.pt")), Repository.Sample("model.pt")));
        Assert.Null(checkpoint.Tokenization.FindSourceModel(out var tried));
        Assert.Empty(tried);
        Assert.Contains("tried nothing, since it was opened from memory", Assert.Throws<ArgumentException>(() => TextPipeline.Create(checkpoint, new NmtModelOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindSourceModel_RecordedName_IsLookedForBesideTheCheckpointFirst()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(SmallCheckpoint.Write(folder, Tokens, raw => raw.Text("src_subword_model").Text("/elsewhere/mine.model")));
        Assert.Null(checkpoint.Tokenization.FindSourceModel(out var tried));
        Assert.Equal([folder.File("mine.model"), folder.File("sentencepiece.model")], tried);
        File.WriteAllText(folder.File("sentencepiece.model"), "x");
        Assert.Equal(folder.File("sentencepiece.model"), checkpoint.Tokenization.FindSourceModel(out _));
        File.WriteAllText(folder.File("mine.model"), "x");
        Assert.Equal(folder.File("mine.model"), checkpoint.Tokenization.FindSourceModel(out _));
        Assert.Equal(folder.File("mine.model"), checkpoint.Tokenization.FindTargetModel(out _));
    }

    [Theory]
    [InlineData("▁a", true)]
    [InlineData("a@@", true)]
    [InlineData("￭a", true)]
    [InlineData("word", false)]
    public void HasPieces_Vocabulary_IsToldByItsMarks(string token, bool expected)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(SmallCheckpoint.Write(folder, ["<unk>", token], _ => { }));
        Assert.Equal(expected, checkpoint.Tokenization.HasPieces);
    }

    private static void Corpora(RawPickle raw, params (string Name, string Transform)[] corpora)
    {
        raw.Text("data").Op("}(");
        foreach (var (name, transform) in corpora)
            raw.Text(name).Op("}(").Text("transforms").List(transform).Op("u");
        raw.Op("u");
    }

    private static T Read<T>(Action<RawPickle> options, Func<TokenizationInfo, T> read)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(SmallCheckpoint.Write(folder, Tokens, options));
        return read(checkpoint.Tokenization);
    }
}
