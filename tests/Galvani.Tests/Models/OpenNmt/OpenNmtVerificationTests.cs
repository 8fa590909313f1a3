using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Tensors that are one by the options of sharing, under two names with storages of their own.</summary>
public sealed class OpenNmtVerificationTests
{
    private const string Generator = "weight";
    private const string TargetEmbedding = "decoder.embeddings.make_embedding.emb_luts.0.weight";

    [Fact]
    public void VerifyFiles_SharedTensorsOfEqualValues_Pass()
    {
        Assert.Empty(Problems("generator", Generator, numbers => numbers));
        Assert.Empty(Problems("model", TargetEmbedding, numbers => numbers));
    }

    [Fact]
    public void VerifyFiles_GeneratorThatDiffersFromItsEmbedding_IsAProblem()
    {
        var problem = Assert.Single(Problems("generator", Generator, numbers =>
        {
            numbers[3] += 1;
            numbers[^1] += 1;
            return numbers;
        }));
        Assert.Matches(@"^generator\.weight differs from decoder\.embeddings\.make_embedding\.emb_luts\.0\.weight in 2 of \d+ elements, expected one tensor \(from option share_decoder_embeddings\)$", problem);
    }

    /// <summary>All three are one: the middle one contradicts both.</summary>
    [Fact]
    public void VerifyFiles_TargetEmbeddingThatDiffers_ContradictsBothOptions()
    {
        var problems = Problems("model", TargetEmbedding, numbers => [.. numbers.Select(number => number + 1)]);
        Assert.Equal(2, problems.Count);
        Assert.Contains("differs from encoder.embeddings.make_embedding.emb_luts.0.weight in", problems[0], StringComparison.Ordinal);
        Assert.EndsWith("expected one tensor (from option share_embeddings)", problems[0], StringComparison.Ordinal);
        Assert.EndsWith("expected one tensor (from option share_decoder_embeddings)", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void VerifyFiles_SharedTensorOfAnotherShape_IsAProblem()
    {
        var problems = Problems("model", TargetEmbedding, numbers => numbers[..8], shape: [2, 4]);
        Assert.Contains(problems, problem => problem.StartsWith($"{TargetEmbedding} has shape [2, 4], encoder.embeddings.make_embedding.emb_luts.0.weight [", StringComparison.Ordinal));
    }

    /// <summary>In 8 bits the generator is what its integers stand for, and the embedding stays what it was.</summary>
    [Theory]
    [InlineData(ProductFormat.Single)]
    [InlineData(ProductFormat.Int8)]
    public void VerifyFiles_PackedModelWithSharedTensors_Passes(ProductFormat format)
    {
        using var folder = new TemporaryFolder();
        using (var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("shared-decoder-embeddings", "model.pt")))
            CheckpointConversion.Run(checkpoint, CheckpointDestination.File(folder.File("x.galvani")), new ConversionOptions { Packing = format }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(OpenNmtVerification.VerifyFiles(folder.File("x.galvani"), cancellationToken: TestContext.Current.CancellationToken).Files.Problems);
    }

    /// <summary>The problems of a model all of whose embeddings are shared, where one of them has numbers of its own.</summary>
    private static IReadOnlyList<string> Problems(string part, string name, Func<float[], float[]> change, long[]? shape = null)
    {
        using var folder = new TemporaryFolder();
        using (var checkpoint = Checkpoint.Open(Repository.Golden("shared-decoder-embeddings", "model.pt")))
        {
            var root = (PickleDictionary)checkpoint.Root;
            var entries = root.Entries.Select(entry => KeyValuePair.Create(ObjectTree.KeyText(entry.Key), entry.Value)).ToDictionary();
            var tensors = (PickleDictionary)entries[part];
            var views = ObjectTree.Children(tensors).ToDictionary(entry => entry.Key, entry => entry.Value);
            var view = ((PickleTensor)views[name]).View;
            views[name] = CheckpointTree.Tensor(change(view.ToSingles()), shape ?? [.. view.Shape]);
            entries[part] = CheckpointTree.Replace(tensors, views);
            CheckpointWriter.Write(folder.File("x.pt"), CheckpointTree.Replace(root, entries), cancellationToken: TestContext.Current.CancellationToken);
        }

        return OpenNmtVerification.VerifyFiles(folder.File("x.pt"), cancellationToken: TestContext.Current.CancellationToken).Files.Problems;
    }
}
