using System.Text.Json;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests;

/// <summary>Files that torch and OpenNMT-py wrote open with exactly the expected values.</summary>
public sealed class CheckpointTests
{
    public static TheoryData<string> Containers =>
        ["state-dict", "deflated", "dtypes", "layouts", "newer-records", "tree", "tree-protocol3", "tree-protocol4", "tree-protocol5", "tree-legacy", "dtypes-legacy", "layouts-legacy"];

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Theory]
    [MemberData(nameof(Containers))]
    public void Open_FileOfTorch_HasExactlyTheExpectedValues(string name)
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", name + ".pt"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Repository.Golden("containers", name + ".json")));
        foreach (var property in expected.RootElement.EnumerateObject())
        {
            var node = checkpoint.Find(property.Name);
            Assert.True(node is not null, $"{property.Name} is missing");
            AssertNode(property.Value, node, property.Name);
        }
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
                Assert.True(wanted.Equals(actual), $"{path}[{element}]: {actual:R}, expected {wanted:R}");
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
