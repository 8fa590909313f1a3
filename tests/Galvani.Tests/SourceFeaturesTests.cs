namespace Galvani.Tests;

/// <summary>Source features in lines, and their defaults where lines have none.</summary>
public sealed class SourceFeaturesTests
{
    private static readonly string[] Words = ["<unk>", "<blank>", "<s>", "</s>", "one", "two"];
    private static readonly string[] Case = ["<unk>", "<blank>", "<s>", "</s>", "low", "up"];
    private static readonly string[] Kind = ["<unk>", "<blank>", "<s>", "</s>", "noun"];

    [Fact]
    public void TakePieces_LineWithoutFeatures_TakesTheDefaultsOfTheOptions()
    {
        using var model = NmtModel.Open(Repository.Golden("features-concat", "model.pt"), new NmtModelOptions { SourceFeatureDefaults = "F1" });
        var given = model.TakePieces("▁a25￨F1 ▁a47￨F1");
        var taken = model.TakePieces("▁a25 ▁a47");
        Assert.Equal(given.Pieces, taken.Pieces);
        Assert.Equal(given.Ids, taken.Ids);
        Assert.Equal(given.Features, taken.Features);
        Assert.NotEqual(model.TakePieces("▁a25￨F2 ▁a47￨F1").Features, taken.Features);
        Assert.Equal([[]], model.TakePieces("").Features);
    }

    [Fact]
    public void Tokenize_Text_TakesTheDefaultsOfTheCheckpoint()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, "up￨noun");
        var line = model.Tokenize("two one two");
        Assert.Equal(["two", "one", "two"], line.Pieces);
        Assert.Equal([[5, 5, 5], [4, 4, 4]], line.Features);
        Assert.Equal([[], []], model.Tokenize(" ").Features);
    }

    [Fact]
    public void Tokenize_WordsThatCarryFeatures_KeepThem()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, defaults: null);
        var line = model.Tokenize("two￨low￨noun one￨up￨verb");
        Assert.Equal(["two", "one"], line.Pieces);
        Assert.Equal([5, 4], line.Ids);
        Assert.Equal([[4, 5], [4, 0]], line.Features);
    }

    [Fact]
    public void Tokenize_SomeWordsWithFeatures_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, "up￨noun");
        foreach (var take in (Func<string, TokenizedLine>[])[model.Tokenize, model.TakePieces])
        {
            var exception = Assert.Throws<ArgumentException>(() => take("two￨low￨noun one"));
            Assert.StartsWith("The piece 'one' carries 0 features, the model has 2; all pieces of a line carry features, or none.", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tokenize_NoFeaturesAndNoDefaults_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, defaults: null);
        Assert.StartsWith("This model has 2 source features, which the line does not carry and which have no defaults", Assert.Throws<ArgumentException>(() => model.Tokenize("two")).Message, StringComparison.Ordinal);
        Assert.Equal([[], []], model.Tokenize(" \u2028").Features); // nothing carries none
        Assert.Equal([[], []], model.TakePieces("").Features);
        Assert.StartsWith("The piece 'two' carries 0 features, the model has 2.", Assert.Throws<ArgumentException>(() => model.TakePieces("two")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_OtherNumberOfDefaults_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, "up");
        Assert.StartsWith("The defaults of the source features, 'up', are 1, the model has 2 features", Assert.Throws<ArgumentException>(() => model.Tokenize("two")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_FeaturesInTextForATokenizer_AreRefused()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, Words, raw => raw.Text("transforms").List("sentencepiece").Text("src_feats_defaults").Text("up"), Case));
        var line = model.Tokenize("Мама мыла");
        Assert.Equal(Enumerable.Repeat(5, line.Pieces.Count), Assert.Single(line.Features));
        Assert.StartsWith("The line carries features behind ￨", Assert.Throws<ArgumentException>(() => model.Tokenize("Мама￨up")).Message, StringComparison.Ordinal);
    }

    private static NmtModel Open(TemporaryFolder folder, string? defaults) => NmtModel.Open(SmallCheckpoint.Write(
        folder, Words, raw =>
        {
            raw.Text("transforms").List();
            if (defaults is not null)
                raw.Text("src_feats_defaults").Text(defaults);
        }, Case, Kind));
}
