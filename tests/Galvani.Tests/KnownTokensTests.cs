using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Tests;

/// <summary>Vocabularies without <c>&lt;unk&gt;</c>: what they have is used, what they lack is one clear error.</summary>
public sealed class KnownTokensTests
{
    private static readonly string[] Words = ["<unk>", "<blank>", "<s>", "</s>", "one", "two"];

    [Fact]
    public void TakePieces_FeatureVocabularyWithoutUnknown_NamesTheFeature()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, Words, raw => raw.Text("transforms").List(), Words, ["low", "up"]));
        Assert.Equal([[4, 0], [1, 0]], model.TakePieces("one￨one￨up two￨three￨low").Features);
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => model.TakePieces("one￨one￨none"));
        Assert.Equal($"The token 'none' is not in the vocabulary of source feature 2 of 2 tokens, which has no <unk> to stand for it ({folder.File("model.pt")}).", exception.Message);
    }

    [Fact]
    public void Tokenize_DefaultThatTheFeatureLacks_NamesTheFeature()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(SmallCheckpoint.Write(folder, Words, raw => raw.Text("transforms").List().Text("src_feats_defaults").Text("none"), ["low", "up"]));
        Assert.Contains("'none' is not in the vocabulary of source feature 1 of 2 tokens", Assert.Throws<UnsupportedCheckpointException>(() => model.Tokenize("one")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scorer_TargetVocabularyWithoutUnknown_NamesTheToken()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(WithoutUnknownTarget(folder));
        var scorer = new Scorer(model);
        var source = model.TakePieces("a");
        Assert.NotEmpty(scorer.Score(source, scorer.TakeTargetPieces(model.TargetVocabulary!.Tokens[7])).Ids);
        Assert.Contains("'none' is not in the target vocabulary of", Assert.Throws<UnsupportedCheckpointException>(() => scorer.TakeTargetPieces("none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Translator_TargetPrefixThatTheVocabularyLacks_NamesTheToken()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(WithoutUnknownTarget(folder));
        var translator = new Translator(model);
        Assert.Contains("'none' is not in the target vocabulary of", Assert.Throws<UnsupportedCheckpointException>(() => translator.PrefixIdsOfPieces("none")).Message, StringComparison.Ordinal);
    }

    /// <summary>The golden base model, whose target vocabulary has another token in the place of <c>&lt;unk&gt;</c>.</summary>
    private static string WithoutUnknownTarget(TemporaryFolder folder)
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        var vocabularies = (PickleDictionary)checkpoint.Find("/vocab")!;
        var target = CheckpointTree.List(((PickleList)vocabularies["tgt"]!).Items.Select(token => token is PickleString { Value: "<unk>" } ? CheckpointTree.Text("other") : token));
        CheckpointWriter.Write(folder.File("model.pt"), With((PickleDictionary)checkpoint.Root, "vocab", With(vocabularies, "tgt", target)));
        return folder.File("model.pt");
    }

    private static PickleDictionary With(PickleDictionary dictionary, string name, PickleValue value) => CheckpointTree.Dictionary(
        dictionary.Entries.Select(entry => KeyValuePair.Create(((PickleString)entry.Key).Value, ((PickleString)entry.Key).Value == name ? value : entry.Value)));
}
