using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Every form that OpenNMT-py has written its vocabulary in.</summary>
public sealed class VocabularyFormsTests
{
    private static readonly string[] Source = ["<unk>", "<blank>", "дом", "a"];
    private static readonly string[] Target = ["<unk>", "<blank>", "<s>", "</s>", "house"];
    private static readonly string[] Feature = ["<unk>", "<blank>", "N"];

    [Fact]
    public void Read_PairsOfNameAndVocab_AreThoseBefore1Point0() => Check("pairs", pickle =>
    {
        pickle.Op('(');
        Pair("src", Source);
        Pair("tgt", Target);
        Pair("src_feat_0", Feature);
        pickle.Op('l');

        void Pair(string name, string[] tokens)
        {
            pickle.Text(name);
            OpenNmtBuilder.Vocab(pickle, tokens);
            pickle.Bytes(0x86);
        }
    });

    [Fact]
    public void Read_ListsOfFields_AreThoseOf1() => Check("fields", pickle =>
    {
        pickle.Op('}').Text("src").Op('(');
        NamedField(pickle, "src", Source);
        NamedField(pickle, "src_feat_0", Feature);
        pickle.Op("ls").Text("tgt").Op('(');
        NamedField(pickle, "tgt", Target);
        pickle.Op("ls").Text("indices").Op('(').Text("indices").Global("torchtext.data.field", "Field").Bytes((byte)')', 0x81).Op("}b").Bytes(0x86).Op("ls");
    });

    [Fact]
    public void Read_TextMultiFields_AreThoseOf2() => Check("fields", pickle =>
    {
        pickle.Op('}').Text("src");
        MultiField(() =>
        {
            NamedField(pickle, "src", Source);
            NamedField(pickle, "src_feat_0", Feature);
        });
        pickle.Op('s').Text("tgt");
        MultiField(() => NamedField(pickle, "tgt", Target));
        pickle.Op('s');

        void MultiField(Action fields)
        {
            pickle.Global("onmt.inputters.text_dataset", "TextMultiField").Bytes((byte)')', 0x81).Op('}').Text("fields").Op('(');
            fields();
            pickle.Op("lsb");
        }
    });

    [Fact]
    public void Read_ListsOfTokens_AreThoseOf3() => Check("token lists", pickle =>
    {
        pickle.Op('}').Text("src");
        OpenNmtBuilder.Texts(pickle, Source);
        pickle.Op('s').Text("tgt");
        OpenNmtBuilder.Texts(pickle, Target);
        pickle.Op('s').Text("src_feats").Op('(');
        OpenNmtBuilder.Texts(pickle, Feature);
        pickle.Op("ls");
    });

    [Fact]
    public void Read_FeaturesByName_AreThoseOf3Point0() => Check("token lists", pickle =>
    {
        pickle.Op('}').Text("src");
        OpenNmtBuilder.Texts(pickle, Source);
        pickle.Op('s').Text("tgt");
        OpenNmtBuilder.Texts(pickle, Target);
        pickle.Op('s').Text("src_feats").Op('}').Text("pos");
        OpenNmtBuilder.Texts(pickle, Feature);
        pickle.Op("ss");
    });

    private static void Check(string form, Action<RawPickle> write)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), new OpenNmtBuilder { Vocabulary = write }.Build());
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        var vocabularies = checkpoint.Vocabularies;
        Assert.NotNull(vocabularies);
        Assert.Contains(form, vocabularies.Form, StringComparison.Ordinal);
        Assert.Equal(Source, vocabularies.Source);
        Assert.Equal(Target, vocabularies.Target);
        Assert.Equal(Feature, Assert.Single(vocabularies.SourceFeatures));
        Assert.Equal("<s>", vocabularies.StartToken);
        Assert.Empty(checkpoint.Checkpoint.Findings);
    }

    private static void NamedField(RawPickle pickle, string name, string[] tokens)
    {
        pickle.Text(name);
        OpenNmtBuilder.Field(pickle, tokens);
        pickle.Bytes(0x86);
    }
}
