using System.Text;
using System.Text.Json;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests;

/// <summary>Files that torch and OpenNMT-py wrote open with exactly the expected values.</summary>
public sealed class CheckpointTests
{
    public static TheoryData<string> Containers =>
        ["state-dict", "deflated", "dtypes", "layouts", "newer-records", "tree", "tree-protocol3", "tree-protocol4", "tree-protocol5", "tree-legacy", "dtypes-legacy", "layouts-legacy"];

    public static TheoryData<ContainerKind, byte[]> Kinds => new()
    {
        { ContainerKind.TorchZip, File.ReadAllBytes(Repository.Golden("containers", "layouts.pt")) },
        { ContainerKind.TorchZip, File.ReadAllBytes(Repository.Golden("containers", "deflated.pt")) },
        { ContainerKind.TorchZip, File.ReadAllBytes(Repository.Golden("base", "model.pt")) },
        { ContainerKind.TorchLegacy, File.ReadAllBytes(Repository.Golden("containers", "layouts-legacy.pt")) },
        { ContainerKind.TorchTar, TarBuilder.Whole().Build() },
        { ContainerKind.Pickle, RawPickle.Of(pickle => pickle.Op('}').Text("storage").Global("torch.storage", "_load_from_bytes").Op('(').Counted('B', LegacyBuilder.Storage()).Op("tRs")) },
        { ContainerKind.Safetensors, SafetensorsBuilder.Build(SafetensorsBuilder.Vector, 16) },
        { ContainerKind.Npy, Array },
        { ContainerKind.Npz, new ZipBuilder().Add("a.npy", Array).AddDeflated("b.npy", Array).Build() },
        { ContainerKind.Galvani, new PackedBuilder().Build() },
    };

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Theory]
    [MemberData(nameof(Containers))]
    public void Open_FileOfTorch_HasExactlyTheExpectedValues(string name) => AssertExpected(Repository.Golden("containers", name + ".pt"));

    /// <summary>What torch 2.11, 2.14 and safetensors 0.8 write: every type, tensors whose signs are left undone, entries without checksums and without wide alignment.</summary>
    [Theory]
    [InlineData("dtypes.pt")]
    [InlineData("signs.pt")]
    [InlineData("conjugated.pt")]
    [InlineData("without-checksums.pt")]
    [InlineData("aligned-to-8.pt")]
    [InlineData("bcomplex32.pt")]
    [InlineData("float4.safetensors")]
    [InlineData("float8_e4m3fnuz.safetensors")]
    [InlineData("float8_e5m2fnuz.safetensors")]
    [InlineData("float8_e8m0fnu.safetensors")]
    public void Open_FileOfNewerWriters_HasExactlyTheExpectedValues(string name)
    {
        var path = Repository.Golden("newer", name);
        AssertExpected(path);
        using var checkpoint = Checkpoint.Open(path);
        Assert.Empty(checkpoint.Findings);
        Assert.Empty(CheckpointVerifier.Verify(checkpoint, cancellationToken: TestContext.Current.CancellationToken).Problems);
    }

    /// <summary>A file that is in memory has the content that it has on the disk, without a copy of its numbers; beginning anywhere in an array.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_FileInMemory_HasTheContentOfTheFile(ContainerKind kind, byte[] file)
    {
        byte[] array = [1, 2, 3, .. file, 4];
        HostileFile.Open(file, expected =>
        {
            using var checkpoint = Checkpoint.Open(array.AsMemory(3..^1), "model.pt");
            Assert.Equal((kind, "model.pt", false, (long)file.Length), (checkpoint.Container, checkpoint.FilePath, checkpoint.IsFile, checkpoint.FileBytes));
            Assert.True(expected.IsFile);
            Assert.Equal(expected.Entries, checkpoint.Entries);
            Assert.Equal((expected.FormatVersion, expected.PickleProtocol, expected.PickleEntry), (checkpoint.FormatVersion, checkpoint.PickleProtocol, checkpoint.PickleEntry));
            TreeAssert.Equal(expected, checkpoint);
            if (expected.PickleProtocol is not null)
                Assert.Equal(expected.ReadPickle().ToArray(), checkpoint.ReadPickle().ToArray());
            Assert.Empty(CheckpointVerifier.Verify(checkpoint, cancellationToken: TestContext.Current.CancellationToken).Problems);
        });
    }

    [Fact]
    public void Open_NoBytesInMemory_IsAnEmptyFile() =>
        Assert.Equal("This is an empty file, not an OpenNMT-py checkpoint (memory)", Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(ReadOnlyMemory<byte>.Empty)).Message);

    [Fact]
    public void Open_FileInMemoryOverALimit_IsRefused() => Assert.Contains(
        "(PickleBytes)", Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(File.ReadAllBytes(Repository.Golden("base", "model.pt")), limits: new CheckpointLimits { PickleBytes = 10 })).Message, StringComparison.Ordinal);

    [Fact]
    public void Dispose_FileInMemory_GivesItsTensorsBack()
    {
        var checkpoint = Checkpoint.Open(SafetensorsBuilder.Build(SafetensorsBuilder.Vector, 16));
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Tensors[0].View.ToSingles());
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Open_ModelOfOpenNmt_HasItsPartsAndNoFinding(string option)
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden(option, "model.pt"));
        Assert.IsType<PickleDictionary>(checkpoint.Find("/opt"));
        Assert.IsType<PickleTensor>(checkpoint.Find("/generator/weight"));
        Assert.NotEmpty(checkpoint.Tensors);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void Open_SampleModel_SharesOneStorageBetweenEmbeddingsAndGenerator()
    {
        using var checkpoint = Checkpoint.Open(Repository.Sample("model.pt"));
        var storages = checkpoint.Tensors.Where(tensor => tensor.ObjectPath.EndsWith("emb_luts.0.weight", StringComparison.Ordinal) || tensor.ObjectPath == "/generator/weight")
            .Select(tensor => tensor.View.Storage).ToList();
        Assert.Equal(3, storages.Count);
        Assert.Single(storages.Distinct());
        Assert.Equal([8008L, 256L], checkpoint.Tensors.Single(tensor => tensor.ObjectPath == "/generator/weight").View.Shape);
    }

    [Fact]
    public void Open_WholeModule_NamesTheCodeItWouldHaveRun()
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", "whole-module.pt"));
        Assert.Contains(checkpoint.Findings, finding => finding.Global == "torch.nn.modules.container.Sequential" && finding.IsCalled);
        Assert.Equal(4, checkpoint.Tensors.Count);
    }

    private static byte[] Array => [0x93, .. "NUMPY"u8, 1, 0, 60, 0, .. Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".PadRight(59) + "\n"), .. new byte[16]];

    private static void AssertExpected(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(path, ".json")));
        foreach (var property in expected.RootElement.EnumerateObject())
        {
            var node = checkpoint.Find(property.Name);
            LazyAssert.True(node is not null, $"{property.Name} is missing");
            AssertNode(property.Value, node, property.Name);
        }
    }

    private static void AssertNode(JsonElement expected, PickleValue actual, string path)
    {
        switch (actual)
        {
            case PickleTensor { View: var view }:
                Assert.Equal(expected.GetProperty("dtype").GetString(), view.DType.TorchName());
                Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), view.Shape);
                AssertValues(expected.GetProperty("values"), view, path);
                break;
            case PickleBool flag:
                Assert.Equal(expected.GetBoolean(), flag.Value);
                break;
            case PickleInteger integer:
                Assert.Equal(expected.GetRawText(), integer.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case PickleFloat number:
                Assert.Equal(expected.ValueKind == JsonValueKind.String ? ParseSpecial(expected.GetString()!) : expected.GetDouble(), number.Value);
                break;
            case PickleString text:
                Assert.Equal(expected.GetString(), text.Value);
                break;
            case PickleNone:
                Assert.Equal(JsonValueKind.Null, expected.ValueKind);
                break;
            case PickleSet set:
                Assert.Equal(expected.EnumerateArray().Select(item => item.ToString()), set.Items.Select(ObjectTree.KeyText).Order(StringComparer.Ordinal));
                break;
            case PickleBytes bytes:
                Assert.Equal(expected.GetString(), System.Text.Encoding.Latin1.GetString(bytes.Value.Span));
                break;
            default:
                Assert.Equal(expected.EnumerateArray().Select(item => item.ToString()), ObjectTree.Children(actual).Select(child => ObjectTree.KeyText(child.Value)));
                break;
        }
    }

    private static void AssertValues(JsonElement expected, TensorView view, string path)
    {
        var values = expected.EnumerateArray().ToList();
        var index = 0;
        for (var element = 0L; element < view.ElementCount; element++)
        {
            foreach (var actual in ElementReader.Numbers(view, element))
            {
                var value = values[index++];
                var wanted = value.ValueKind switch
                {
                    JsonValueKind.String => ParseSpecial(value.GetString()!),
                    JsonValueKind.True => 1,
                    JsonValueKind.False => 0,
                    _ => value.GetDouble(),
                };
                LazyAssert.True(wanted.Equals(actual), $"{path}[{element}]: {actual:R}, expected {wanted:R}");
            }
        }

        Assert.Equal(values.Count, index);
    }

    private static double ParseSpecial(string text) => text switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => throw new ArgumentException(text),
    };
}
