using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Counts in options and names that no file has the tensors for: refused at once, not counted up to.</summary>
public sealed class ForwardPassRequirementsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("enc_layers", "enc_layers is 2147483647 and dec_layers 2, the file has 62 tensors")]
    [InlineData("dec_layers", "enc_layers is 2 and dec_layers 2147483647, the file has 62 tensors")]
    [InlineData("num_experts", "num_experts is 2147483647 in 2 layers, the file has 62 tensors")]
    public void Bind_CountBeyondTheTensors_IsRefusedAtOnce(string option, string expected)
    {
        WriteWith(new(option, CheckpointTree.Integer(int.MaxValue)));
        using var model = NmtModel.Open(folder.File("x.pt"));
        Assert.Contains(expected, Assert.Throws<UnsupportedCheckpointException>(() => model.Encoder).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_SomeLayersTooMany_NamesTheTensorsThatAreMissing()
    {
        WriteWith(new("enc_layers", CheckpointTree.Integer(3)));
        using var model = NmtModel.Open(folder.File("x.pt"));
        Assert.Contains("encoder.transformer.2.layer_norm.weight is missing", Assert.Throws<WeightMismatchException>(() => model.Encoder).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_FileWhereNearlyEverythingIsMissing_NamesEnough()
    {
        var file = new OpenNmtBuilder { Vocabulary = pickle => Sides(pickle) }.Option("encoder_type", "transformer").Option("decoder_type", "transformer").Option("hidden_size", 4).Option("heads", 2).Option("layers", 300);
        for (var i = 0; i < 300; i++)
            file.Tensor(FormattableString.Invariant($"encoder.transformer.{i}.x"), 1);
        File.WriteAllBytes(folder.File("x.pt"), file.Build());
        using var model = NmtModel.Open(folder.File("x.pt"));
        var message = Assert.Throws<WeightMismatchException>(() => model.Encoder).Message;
        Assert.Contains("; and more (", message, StringComparison.Ordinal);
        Assert.Equal(1000, message.Split("; ").Length - 1);
    }

    [Fact]
    public void Graft_LayerOfAHugeNumber_IsRefusedAtOnce()
    {
        File.WriteAllBytes(folder.File("x.pt"), new OpenNmtBuilder { Vocabulary = pickle => Sides(pickle) }.Option("encoder_type", "transformer").Option("decoder_type", "transformer").Tensor("encoder.transformer.2147483647.w", 1).Build());
        using var model = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var options = new GraftOptions { BaseLayers = [new LayerRange(ModelSide.Encoder, [0])] };
        var exception = Assert.Throws<WeightMismatchException>(() => ModelGraft.Run(model, CheckpointDestination.Rehearsal("y.pt"), options, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("2147483647 is the highest layer of 1 tensors", exception.Message, StringComparison.Ordinal);
    }

    private static void Sides(RawPickle pickle)
    {
        pickle.Op('}').Text("src");
        OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>");
        pickle.Op('s').Text("tgt");
        OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "<s>", "</s>");
        pickle.Op('s').Text("data_task").Text("seq2seq").Op('s');
    }

    /// <summary>Writes the golden model with another value of an option, and without the common number of layers that would go before it.</summary>
    private void WriteWith(KeyValuePair<string, PickleValue> option)
    {
        var source = Repository.Golden("base", "model.pt");
        using var checkpoint = Checkpoint.Open(source);
        var options = (PickleDictionary)checkpoint.Find("/opt")!;
        var entries = ObjectTree.Children(options).Where(entry => entry.Key != option.Key && entry.Key != "layers").Append(option);
        ModelVariant.Write(source, folder.File("x.pt"), (_, numbers) => numbers, new KeyValuePair<string, PickleValue>("opt", CheckpointTree.Replace(options, entries)));
    }
}
