using System.Text.Json;
using Galvani.Checkpoints;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Views;

namespace Galvani.Cli.Tests.Views;

/// <summary>Nodes of object trees as JSON, equal to what Python loaded from the same files.</summary>
public sealed class ObjectViewTests
{
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Repository.Golden("containers"), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => !name.EndsWith("-legacy", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void WriteValue_EveryPathOfAGoldenContainer_EqualsPythonsValue(string name)
    {
        using var expected = JsonDocument.Parse(File.ReadAllText(Repository.Golden("containers", name + ".json")));
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", name + ".pt"));
        foreach (var property in expected.RootElement.EnumerateObject())
        {
            var node = checkpoint.Find(property.Name);
            Assert.True(node is not null, property.Name);
            using var actual = Json(json => ObjectView.WriteValue(json, node, new ObjectView.Settings(ShowAll: true), property.Name));
            Equal(property.Value, actual.RootElement, property.Name);
        }
    }

    [Fact]
    public void WriteValue_LongLists_AreCutUnlessAllIsAskedFor()
    {
        using var checkpoint = Checkpoint.Open(Repository.Sample("model.pt"));
        var tokens = checkpoint.Find("/vocab/src")!;
        using var cut = Json(json => ObjectView.WriteValue(json, tokens, new ObjectView.Settings(ShowAll: false)));
        Assert.Equal(8008, cut.RootElement.GetProperty("items").GetArrayLength() + cut.RootElement.GetProperty("truncated").GetInt32());
        using var all = Json(json => ObjectView.WriteValue(json, tokens, new ObjectView.Settings(ShowAll: true)));
        Assert.Equal(8008, all.RootElement.GetArrayLength());
        using var tensor = Json(json => ObjectView.WriteValue(json, checkpoint.Find("/generator/bias")!, new ObjectView.Settings(ShowAll: false)));
        Assert.Equal(["dtype", "shape", "values", "truncated"], tensor.RootElement.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void WriteValue_Dictionaries_AreNeverCut()
    {
        using var checkpoint = Checkpoint.Open(Repository.Sample("model.pt"));
        using var options = Json(json => ObjectView.WriteValue(json, checkpoint.Find("/opt")!, new ObjectView.Settings(ShowAll: false)));
        Assert.Equal(262, options.RootElement.EnumerateObject().Count());
        Assert.False(options.RootElement.TryGetProperty("truncated", out _));
    }

    [Fact]
    public void WriteValue_KeysThatAreNoStrings_AreTextAndAClashNamesTheType()
    {
        using var checkpoint = Open(RawPickle.Of(pickle => pickle.Op("}(").Text("7").Int(1).Int(7).Int(2).Op("u")));
        Assert.Equal("{\"7\": 1, \"7 (int)\": 2}", Raw(checkpoint, "/"));
    }

    [Fact]
    public void WriteValue_ReferenceToAnAncestor_IsNamed()
    {
        using var checkpoint = Open(RawPickle.Of(pickle => pickle.Op("}").Put(0).Op("(").Text("a").Op("]").Put(1).Get(1).Op("a").Text("b").Get(0).Op("u")));
        Assert.Equal("{\"a\": [{\"recursive\": \"/a\"}], \"b\": {\"recursive\": \"/\"}}", Raw(checkpoint, "/"));
    }

    [Fact]
    public void WriteValue_InertGlobal_HasItsArgumentsAndState()
    {
        using var checkpoint = Open(RawPickle.Of(pickle => pickle.Op("}(").Text("x").Global("os", "system").Op("(").Text("echo").Op("tR").Text("y").Global("os", "system").Op("u")));
        Assert.Equal("""{"x": {"global": "os.system", "arguments": ["echo"], "state": null}, "y": {"global": "os.system", "arguments": null, "state": null}}""", Raw(checkpoint, "/"));
    }

    [Fact]
    public void WriteValue_BareStorageAndBytes_HaveTheirForms()
    {
        var pickle = RawPickle.Of(raw => raw.Op("}(").Text("s").Storage("0", "FloatStorage", 2).Text("b").Bytes((byte)'C', 2, 1, 2).Op("u"));
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle, new byte[8]).Build());
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        Assert.Equal("""{"s": {"storage": "0", "dtype": "float32", "elements": 2}, "b": {"bytes": "AQI="}}""", Raw(checkpoint, "/"));
    }

    [Fact]
    public void WriteValue_MoreNodesThanTheLimit_NamesTheLimit()
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        var settings = new ObjectView.Settings(ShowAll: true) { MaximumNodes = 100 };
        Assert.Contains("the limit (JsonNodes)", Assert.Throws<CommandException>(() => Json(json => ObjectView.WriteValue(json, checkpoint.Root, settings))).Message, StringComparison.Ordinal);
    }

    /// <summary>The values of tensors are nodes, too, those of complex ones three each: counted before anything is written.</summary>
    [Theory]
    [InlineData("FloatStorage", 1000)]
    [InlineData("ComplexFloatStorage", 3000)]
    public void WriteValue_TensorOfMoreValuesThanTheLimit_IsRefusedBeforeAnyOutput(string storage, int nodes)
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(tree => tree.Op("](").Text(new string('x', 100_000)).Tensor("0", 4, 0, [1000], [0], storage).Op('e'));
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle, new byte[4 * (storage == "FloatStorage" ? 4 : 8)]).Build());
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        using var output = new MemoryStream();
        var settings = new ObjectView.Settings(ShowAll: true) { MaximumNodes = nodes };
        Assert.Contains("the limit (JsonNodes)", Assert.Throws<CommandException>(() => ObjectView.WriteValue(new JsonText(output), checkpoint.Root, settings)).Message, StringComparison.Ordinal);
        Assert.Equal(0, output.Length);
        var json = new JsonText(output);
        ObjectView.WriteValue(json, checkpoint.Root, settings with { MaximumNodes = 2 * nodes + 2000 });
        Assert.InRange(json.NodeCount, nodes, nodes + 20);
        ObjectView.WriteText(TextWriter.Null, checkpoint.Root, showAll: true); // has no values
    }

    [Fact]
    public void WriteText_Root_NamesTypesAndSizes()
    {
        using var checkpoint = Checkpoint.Open(Repository.Sample("model.pt"));
        using var writer = new StringWriter();
        ObjectView.WriteText(writer, checkpoint.Root, showAll: false);
        Assert.Contains("opt: argparse.Namespace of 262", writer.ToString(), StringComparison.Ordinal);
        Assert.Contains("  src: list of 8008", writer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/optim", "dict of 0\n")]
    [InlineData("/opt/gpu_ranks", "list of 0\n")]
    public void WriteText_EmptyContainer_SaysSo(string path, string expected)
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        using var writer = new StringWriter();
        ObjectView.WriteText(writer, checkpoint.Find(path)!, showAll: false);
        Assert.Equal(expected, writer.ToString());
    }

    private static Checkpoint Open(byte[] pickle)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x.pt"), ZipBuilder.Torch(pickle).Build());
        return Checkpoint.Open(folder.File("x.pt"));
    }

    private static string Raw(Checkpoint checkpoint, string path)
    {
        using var document = Json(json => ObjectView.WriteValue(json, checkpoint.Find(path)!, new ObjectView.Settings(ShowAll: true)));
        return document.RootElement.GetRawText();
    }

    private static JsonDocument Json(Action<JsonText> write)
    {
        using var stream = new MemoryStream();
        var json = new JsonText(stream);
        write(json);
        json.EndLine();
        return JsonDocument.Parse(stream.ToArray());
    }

    /// <summary>The golden files write complex numbers as re, im one after the other; this program as pairs.</summary>
    private static void Equal(JsonElement expected, JsonElement actual, string path)
    {
        if (expected.ValueKind == JsonValueKind.Object && expected.TryGetProperty("values", out var values))
        {
            Assert.Equal(expected.GetProperty("dtype").GetString(), actual.GetProperty("dtype").GetString());
            Assert.Equal(Texts(expected.GetProperty("shape")), Texts(actual.GetProperty("shape")));
            Same(values.EnumerateArray().ToList(), Flat(actual.GetProperty("values")).ToList(), path);
        }
        else if (expected.ValueKind == JsonValueKind.Array)
            Same(expected.EnumerateArray().ToList(), actual.EnumerateArray().ToList(), path);
        else
            Same([expected], [actual], path);
    }

    private static void Same(List<JsonElement> expected, List<JsonElement> actual, string path)
    {
        LazyAssert.True(expected.Count == actual.Count, $"{path}: {actual.Count} values, expected {expected.Count}");
        for (var i = 0; i < expected.Count; i++)
            LazyAssert.True(Same(expected[i], actual[i]), $"{path}[{i}]: {actual[i].GetRawText()}, expected {expected[i].GetRawText()}");
    }

    private static bool Same(JsonElement expected, JsonElement actual) =>
        expected.ValueKind == JsonValueKind.Number && actual.ValueKind == JsonValueKind.Number
            ? expected.GetRawText() == actual.GetRawText() || (float)expected.GetDouble() == (float)actual.GetDouble()
            : expected.ValueKind == actual.ValueKind && expected.ToString() == actual.ToString();

    private static IEnumerable<JsonElement> Flat(JsonElement values) =>
        values.EnumerateArray().SelectMany(value => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value]);

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(element => element.GetRawText());
}
