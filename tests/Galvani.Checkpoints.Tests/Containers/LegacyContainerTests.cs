using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>torch's old container: what torch wrote opens (<see cref="CheckpointTests"/>), everything else is one clear error.</summary>
public sealed class LegacyContainerTests
{
    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "another version", new LegacyBuilder { Version = RawPickle.Of(pickle => pickle.Text("1001")) }.Build(), "protocol version is no integer" },
        { "system is a list", new LegacyBuilder { System = RawPickle.Of(pickle => pickle.Op("]")) }.Build(), "system is no dictionary" },
        { "keys are a dictionary", new LegacyBuilder { Keys = RawPickle.Of(pickle => pickle.Op("}")) }.Build(), "no list" },
        { "a key that the tree does not name", new LegacyBuilder().Add("9", [0, 0, 0, 0]).Build(), "storage 9, which the object tree does not" },
        { "a key twice", Keys(pickle => pickle.Op("](").Text("7").Text("7").Op('e')), "storage 7 twice" },
        { "a key that is no text", Keys(pickle => pickle.Op("](").Int(7).Op('e')), "storage 7, which" },
        { "no keys", Keys(pickle => pickle.Op("]")), "Storage 7 has no bytes" },
        { "a count that differs", With(elementCount: 3, new byte[16]), "3 elements in front of its bytes, 4 in the object tree" },
        { "too few bytes", With(elementCount: 4, new byte[15]), "needs 16 bytes, the file has 15 left" },
        { "too many bytes", With(elementCount: 4, new byte[17]), "goes on for 1 bytes" },
        { "cut in the count", LegacyBuilder.Tensor().Build()[..^20], "ends before storage 7" },
        { "cut in the object tree", LegacyBuilder.Tensor().Build()[..^60], "not ended by a line feed" },
        { "cut in the keys", LegacyBuilder.Tensor().Build()[..^25], "without STOP" },
        { "nothing after the magic number", new LegacyBuilder().Magic, "ends where a pickle should begin" },
        { "a huge storage", new LegacyBuilder { Pickle = RawPickle.Of(pickle => pickle.LegacyTensor("7", long.MaxValue / 2, 0, [1], [1])) }.Build(), "announces" },
        { "a view outside its storage", View(pickle => pickle.Op('(').Text("v").Long(2).Long(3).Op('t')), "no part of storage 7" },
        { "a view that is a number", View(pickle => pickle.Int(3)), "no part of storage 7" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Open_BrokenFile_SaysWhat(string trick, byte[] file, string expected)
    {
        Assert.NotEmpty(trick);
        Assert.Contains(expected, HostileFile.Fail(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnotherProtocolVersion_IsUnsupportedByName() => HostileFile.With(new LegacyBuilder { Version = RawPickle.Of(pickle => pickle.Int(1002)) }.Build(), path =>
    {
        Assert.Contains("1002", Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    [Fact]
    public void Open_Tensor_HasItsNumbersAndParts() => HostileFile.Open(LegacyBuilder.Tensor().Build(), checkpoint =>
    {
        Assert.Equal(ContainerKind.TorchLegacy, checkpoint.Container);
        Assert.Equal([1f, 2, 3, 4], checkpoint.Tensors.Single().View.ToSingles());
        Assert.Equal(["magic", "version", "system", "data.pkl", "keys", "data/7"], checkpoint.Entries.Select(entry => entry.Name));
        Assert.Equal(16, checkpoint.Entries[^1].Bytes);
        Assert.Equal((byte)'.', checkpoint.ReadPickle().Span[^1]);
    });

    [Fact]
    public void Open_ViewOfAStorage_BeginsWhereItSays() => HostileFile.Open(View(pickle => pickle.Op('(').Text("v").Long(1).Long(2).Op('t')), checkpoint =>
        Assert.Equal([2f, 3], checkpoint.Tensors.Single().View.ToSingles()));

    [Fact]
    public void Open_ModuleId_IsTheClassAndAFinding() => HostileFile.Open(
        new LegacyBuilder { Pickle = RawPickle.Of(pickle => pickle.Op('(').Text("module").Global("some.code", "Net").Text("net.py").Text("import os").Op("tQ)R")) }.Build(),
        checkpoint =>
        {
            Assert.Equal("some.code.Net", Assert.IsType<PickleObject>(checkpoint.Root).Global);
            Assert.Contains(checkpoint.Findings, finding => finding is { Global: "some.code.Net", IsCalled: true });
        });

    [Fact]
    public void Open_MagicNumberInDecimal_IsRead() =>
        HostileFile.Open(new LegacyBuilder { Magic = "L119547037146038801333356L\n."u8.ToArray() }.Build(), checkpoint => Assert.Equal(ContainerKind.TorchLegacy, checkpoint.Container));

    private static byte[] Keys(Action<RawPickle> write)
    {
        var file = LegacyBuilder.Tensor();
        file.Keys = RawPickle.Of(write);
        return file.Build();
    }

    private static byte[] With(long elementCount, byte[] bytes) => new LegacyBuilder { Pickle = LegacyBuilder.Tensor().Pickle }.Add("7", elementCount, bytes).Build();

    private static byte[] View(Action<RawPickle> view)
    {
        var file = LegacyBuilder.Tensor();
        file.Pickle = RawPickle.Of(pickle => pickle.LegacyTensor("7", elementCount: 4, offset: 0, [2], [1], view));
        return file.Build();
    }
}
