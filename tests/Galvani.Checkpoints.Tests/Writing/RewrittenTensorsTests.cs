using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using static Galvani.Checkpoints.Tests.HostileFile;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>Tensors of a class of their own, or with attributes: written, copied and cast they keep both.</summary>
public sealed class RewrittenTensorsTests
{
    private static readonly byte[] SixFloats = [.. Enumerable.Range(0, 6).SelectMany(value => BitConverter.GetBytes((float)value))];

    public static TheoryData<string> Forms => [.. Pickles.Keys];

    private static Dictionary<string, Action<RawPickle>> Pickles { get; } = new()
    {
        ["torch._tensor._rebuild_from_type_v2"] = pickle => Attributes(Arguments(pickle.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._utils", "_rebuild_tensor_v2").Global("some.code", "Buffer"))).Op("tR"),
        ["torch._utils._rebuild_parameter_with_state"] = pickle => Attributes(
            Hooks(Arguments(pickle.Global("torch._utils", "_rebuild_parameter_with_state").Op('(').Global("torch._utils", "_rebuild_tensor_v2")).Op('R').Bytes(0x88))).Op("tR"),
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Write_ClassAndAttributes_AreKept(string function) => Open(
        Pickles[function],
        checkpoint => AssertKept(function, checkpoint.Root, DType.Float32),
        SixFloats);

    [Theory]
    [MemberData(nameof(Forms))]
    public void Write_CastTensor_KeepsClassAndAttributes(string function) => Open(
        Pickles[function],
        checkpoint => AssertKept(function, TreeCast.Apply(checkpoint.Root, new FloatCast(DType.Float16), _ => true), DType.Float16),
        SixFloats);

    private static void AssertKept(string function, PickleValue root, DType type)
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Write(folder.File("x.pt"), root, cancellationToken: TestContext.Current.CancellationToken);
        using var written = Checkpoint.Open(folder.File("x.pt"));
        var view = Assert.Single(written.Tensors).View;
        Assert.Equal([0f, 1, 2, 3, 4, 5], view.ToSingles());
        Assert.Equal((type, function.EndsWith("state", StringComparison.Ordinal)), (view.DType, view.IsParameter));
        Assert.Equal(function, view.Wrapper!.Function.Name);
        Assert.Equal(view.IsParameter ? null : "some.code.Buffer", view.Wrapper.Class?.Name);
        Assert.Equal("x", ((PickleString)((PickleDictionary)view.Wrapper.State)["tag"]!).Value);
    }

    private static RawPickle Arguments(RawPickle pickle) =>
        Hooks(pickle.Op('(').Storage("0", "FloatStorage", 6).Long(0).Tuple(2, 3).Tuple(3, 1).Bytes(0x89)).Op('t');

    private static RawPickle Hooks(RawPickle pickle) => pickle.Global("collections", "OrderedDict").Op(")R");

    private static RawPickle Attributes(RawPickle pickle) => pickle.Op('}').Text("tag").Text("x").Op('s');
}
