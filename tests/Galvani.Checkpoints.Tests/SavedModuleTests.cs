using System.Text.Json;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests;

/// <summary>Modules that were saved whole give their tensors under the names of <c>state_dict()</c>.</summary>
public sealed class SavedModuleTests
{
    [Fact]
    public void StateDictionary_RealModule_HasTheNamesAndShapesOfItsStateDict()
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", "whole-module.pt"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Repository.Golden("containers", "state-dict.json")));
        var found = SavedModule.StateDictionary(checkpoint.Root);
        Assert.Equal(expected.RootElement.EnumerateObject().Select(property => property.Name.TrimStart('/')), found.Select(tensor => tensor.Key));
        foreach (var (name, tensor) in found)
        {
            Assert.Equal(expected.RootElement.GetProperty("/" + name).GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), tensor.View.Shape);
            Assert.Same(tensor.View, Assert.IsType<PickleTensor>(checkpoint.Find(tensor.ObjectPath)).View);
        }
    }

    [Fact]
    public void StateDictionary_BuffersThatAreNotSaved_AreLeftOut() => HostileFile.Open(Module(pickle => pickle.Text("_buffers").Op('}').Text("kept").Tensor("0", 1, 0, [1], [1]).Op('s')
            .Text("passing").Tensor("0", 1, 0, [1], [1]).Op("ss").Text("_non_persistent_buffers_set").Bytes(0x8f, (byte)'(').Text("passing").Bytes(0x90, (byte)'s')),
        checkpoint => Assert.Equal(["kept"], SavedModule.StateDictionary(checkpoint.Root).Select(tensor => tensor.Key)));

    [Fact]
    public void StateDictionary_ModuleInsideItself_NamesTheLimit() => HostileFile.Open(
        Module(pickle => pickle.Get(1).Op('}').Text("a").Get(0).Op("ss"), modules: false),
        checkpoint => Assert.Contains("(Nesting)", Assert.Throws<UnsupportedCheckpointException>(() => SavedModule.StateDictionary(checkpoint.Root)).Message, StringComparison.Ordinal));

    [Fact]
    public void StateDictionary_NoModule_IsRefused()
    {
        using var checkpoint = Checkpoint.Open(Repository.Golden("containers", "state-dict.pt"));
        Assert.False(SavedModule.IsModule(checkpoint.Root));
        Assert.Throws<ArgumentException>(() => SavedModule.StateDictionary(checkpoint.Root));
    }

    /// <summary>A module with what is written into its state; memo 0 is the module, memo 1 the text <c>_modules</c>.</summary>
    private static byte[] Module(Action<RawPickle> write, bool modules = true) => ZipBuilder.Torch(
        RawPickle.Of(pickle =>
        {
            pickle.Global("some.code", "Net").Bytes((byte)')', 0x81).Put(0).Op('}').Text("_parameters").Op("}s").Text("_modules").Put(1);
            pickle.Op(modules ? "}s" : "0");
            write(pickle);
            pickle.Op('b');
        }), new byte[4]).Build();
}
