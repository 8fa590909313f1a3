using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>Pickles that are files by themselves, with their storages inside as bytes.</summary>
public sealed class PickleFileTests
{
    [Fact]
    public void Open_TensorWithItsStorageInside_HasItsNumbers() => HostileFile.Open(WithStorage(LegacyBuilder.Storage()), checkpoint =>
    {
        Assert.Equal(ContainerKind.Pickle, checkpoint.Container);
        Assert.Equal([3f, 4], checkpoint.Tensors.Single().View.ToSingles());
        Assert.Single(checkpoint.Storages);
        Assert.Empty(checkpoint.Findings);
        Assert.Empty(checkpoint.Entries);
    });

    [Theory]
    [InlineData("(dp0\n.")]
    [InlineData("}.")]
    [InlineData("(lp0\nI1\na.")]
    public void Open_OldProtocols_AreRecognised(string pickle) =>
        HostileFile.Open(System.Text.Encoding.ASCII.GetBytes(pickle), checkpoint => Assert.Equal(0, checkpoint.PickleProtocol));

    [Fact]
    public void Open_BytesBehindThePickle_AreRefused() => Assert.Contains("goes on for 1 bytes", HostileFile.Fail([0x80, 2, (byte)'}', (byte)'.', 0]).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_StorageById_IsRefused() =>
        Assert.Contains("has none around it", HostileFile.Fail(RawPickle.Of(pickle => pickle.Tensor("0", 1, 0, [1], [1]))).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_BytesThatAreNoStorage_AreRefused()
    {
        Assert.Contains("hold something else", HostileFile.Fail(WithStorage(new LegacyBuilder().Build())).Message, StringComparison.Ordinal);
        Assert.Contains("storage pickled at byte", HostileFile.Fail(WithStorage([1, 2, 3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_StorageInsideAStorage_IsRefused() => Assert.Contains("another that is", HostileFile.Fail(
        WithStorage(new LegacyBuilder { Pickle = WithStorage(LegacyBuilder.Storage()) }.Build())).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_CodeInsideAStorage_IsAFinding() => HostileFile.With(
        WithStorage(new LegacyBuilder { Pickle = RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("id").Op("tR")) }.Build()), path =>
        {
            var scan = Checkpoint.Scan(path);
            Assert.Contains(scan.Findings, finding => finding is { Global: "os.system", IsCalled: true });
            Assert.IsType<CheckpointFormatException>(scan.Failure);
            return true;
        });

    [Fact]
    public void Scan_PayloadInFrontOfABrokenOpcode_IsStillFound() => HostileFile.With("cos\nsystem\n(S'id'\ntR\u00ff"u8.ToArray(), path =>
    {
        var scan = Checkpoint.Scan(path);
        Assert.Contains(scan.Findings, finding => finding is { Global: "os.system", IsCalled: true });
        Assert.NotNull(scan.Failure);
        return true;
    });

    [Fact]
    public void Measure_EveryOpcode_StepsOverItsOperand()
    {
        var pickle = File.ReadAllBytes(Repository.Golden("containers", "whole-module.pt"));
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", "tree-protocol5.pt"));
        var bytes = checkpoint.ReadPickle().ToArray();
        Assert.Equal(bytes.Length, PickleExtent.Measure([.. bytes, .. pickle]));
        Assert.Null(PickleExtent.Measure(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Null(PickleExtent.Measure([(byte)'X', 255, 255, 255, 255, (byte)'.']));
    }

    private static byte[] WithStorage(byte[] container) => RawPickle.Of(pickle => pickle
        .Global("torch._utils", "_rebuild_tensor_v2").Op('(').Global("torch.storage", "_load_from_bytes").Op('(').Counted('B', container).Op("tR")
        .Long(2).Tuple(2).Tuple(1).Bytes(0x89).Global("collections", "OrderedDict").Op(")RtR"));
}
