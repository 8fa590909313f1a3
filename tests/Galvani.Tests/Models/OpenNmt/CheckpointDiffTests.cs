using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Differences of checkpoints.</summary>
public sealed class CheckpointDiffTests
{
    [Fact]
    public void Run_Version2AndItsConversion_DifferInTheConvertersOptionsAlone()
    {
        using var old = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        using var converted = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        var report = CheckpointDiff.Run(old, converted, TestContext.Current.CancellationToken);
        Assert.Equal(
            [("rnn_size", "32", null), ("enc_rnn_size", "32", null), ("dec_rnn_size", "32", null), ("hidden_size", null, "32"), ("enc_hid_size", null, "32"), ("dec_hid_size", null, "32"),
                ("add_qkvbias", null, "True"), ("add_ffnbias", null, "True")],
            report.Options.Select(option => (option.Name, option.First, option.Second)).OrderBy(option => option.First is null));
        Assert.Empty(report.Vocabularies);
        Assert.Empty(report.Tensors);
    }

    [Fact]
    public void Run_SameFile_IsSame()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var again = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        var report = CheckpointDiff.Run(model, again, TestContext.Current.CancellationToken);
        Assert.True(report.IsSame);
        Assert.Equal(model.Tensors.Count, report.ComparedCount);
    }

    [Fact]
    public void Run_ReleasedModel_IsTheSameModelAndTheOptimizerIsSaid()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        CheckpointRelease.Run(model, CheckpointDestination.File(folder.File("x.pt")), cancellationToken: TestContext.Current.CancellationToken);
        using var released = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var report = CheckpointDiff.Run(model, released, TestContext.Current.CancellationToken);
        Assert.True(report.IsSame);
        Assert.Contains("training step", report.Optimizers!, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneNumberOneOptionOneToken_NamesEach()
    {
        using var folder = new TemporaryFolder();
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("separate-vocabularies", "model.pt"));
        var (source, target) = (model.Vocabularies!.Source!.ToList(), model.Vocabularies.Target!.ToList());
        source[10] = "new";
        (target[5], target[6]) = (target[6], target[5]);
        ModelVariant.Write(
            Repository.Golden("separate-vocabularies", "model.pt"), folder.File("x.pt"),
            (name, numbers) => name == OpenNmtNames.GeneratorBias ? [numbers[0] + 2, .. numbers[1..]] : numbers,
            ModelVariant.Options(model, ("heads", new PickleInteger(2))), new("vocab", CheckpointTree.Dictionary([
                new("src", CheckpointTree.List(source.Select(CheckpointTree.Text))), new("tgt", CheckpointTree.List(target.Select(CheckpointTree.Text))),
                new("data_task", CheckpointTree.Text("seq2seq")), new("decoder_start_token", CheckpointTree.Text("<s>"))])));
        using var changed = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var report = CheckpointDiff.Run(model, changed, TestContext.Current.CancellationToken);
        Assert.Equal(new OptionDifference("heads", "4", "2"), Assert.Single(report.Options));
        var tensor = Assert.Single(report.Tensors);
        Assert.Equal((OpenNmtNames.GeneratorBias, 1, 2.0), (tensor.Name, tensor.Values!.DifferentCount, Math.Round(tensor.Values.Maximum, 5)));
        Assert.Equal(["src", "tgt"], report.Vocabularies.Select(vocabulary => vocabulary.Name));
        Assert.Equal([model.Vocabularies.Source![10]], report.Vocabularies[0].OnlyFirst);
        Assert.Equal(["new"], report.Vocabularies[0].OnlySecond);
        Assert.Equal((0, 2), (report.Vocabularies[0].MovedCount, report.Vocabularies[1].MovedCount));
    }

    [Fact]
    public void Run_OtherArchitecture_ListsMissingAndMisshapenTensors()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var other = OpenNmtCheckpoint.Open(Repository.Golden("multiquery", "model.pt"));
        var report = CheckpointDiff.Run(model, other, TestContext.Current.CancellationToken);
        Assert.Contains(report.Tensors, tensor => tensor.Second is null && tensor.Name == OpenNmtNames.SourcePositions || tensor.Values is null && tensor.Name.Contains("linear_keys", StringComparison.Ordinal));
        Assert.Contains(report.Options, option => option.Name is "multiquery" or "num_kv");
    }

    /// <summary>Keys that are no texts may read alike, as the tuples (1,) and ("1",) do: the last of them counts, as where options are looked up.</summary>
    [Fact]
    public void Run_OptionsWhoseNamesReadAlike_ComparesTheLast()
    {
        using var folder = new TemporaryFolder();
        using var model = Open("model", first: 1, last: 2);
        using var sameLast = Open("same", first: 3, last: 2);
        using var otherLast = Open("other", first: 1, last: 3);
        using var one = OpenNmtCheckpoint.Open(Write("one", options => options.Int(1).Bytes(0x85).Int(2).Op('s')));
        foreach (var same in (OpenNmtCheckpoint[])[model, sameLast, one])
        {
            Assert.Empty(CheckpointDiff.Run(model, same, TestContext.Current.CancellationToken).Options);
            Assert.Empty(CheckpointDiff.Run(same, model, TestContext.Current.CancellationToken).Options);
        }

        Assert.Equal(new OptionDifference("(1)", "2", "3"), Assert.Single(CheckpointDiff.Run(model, otherLast, TestContext.Current.CancellationToken).Options));
        Assert.Equal(new OptionDifference("(1)", "3", "2"), Assert.Single(CheckpointDiff.Run(otherLast, one, TestContext.Current.CancellationToken).Options));

        OpenNmtCheckpoint Open(string name, int first, int last) =>
            OpenNmtCheckpoint.Open(Write(name, options => options.Int(1).Bytes(0x85).Int(first).Op('s').Text("1").Bytes(0x85).Int(last).Op('s')));

        string Write(string name, Action<RawPickle> options)
        {
            File.WriteAllBytes(folder.File(name), ZipBuilder.Torch(RawPickle.Of(pickle =>
            {
                pickle.Op("}").Text("opt").Op('}');
                options(pickle);
                pickle.Op('s');
            })).Build());
            return folder.File(name);
        }
    }
}
