using System.Globalization;
using Galvani.Checkpoints.Numpy;
using Galvani.Models;
using Galvani.Models.Layers;

namespace Galvani.Tests.Models;

/// <summary>A golden folder of an OpenNMT-py option: the model, its lines, and what OpenNMT-py computed.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly IReadOnlyDictionary<string, NumpyArray> arrays;

    public GoldenModel(string option, NmtModelOptions? options = null)
    {
        Option = option;
        arrays = NpzFile.Read(Repository.Golden(option, "expected.npz"));
        Model = NmtModel.Open(Repository.Golden(option, "model.pt"), options);
        var hasFeatures = File.Exists(Repository.Golden(option, "source.feats.txt"));
        var lines = File.ReadAllLines(Repository.Golden(option, hasFeatures ? "source.feats.txt" : "source.txt"));
        Sources = IsLanguageModel
            ? [.. Enumerable.Range(0, lines.Length).Select(i => new Sentence(Ids(i, "source")))]
            : [.. lines.Select(line => Model.ToSentence(Model.TakePieces(line)))];
        Targets = IsLanguageModel ? [.. Sources.Select(source => source.Ids)] : [.. Enumerable.Range(0, lines.Length).Select(i => Ids(i, "target_in"))];
    }

    public string Option { get; }

    public NmtModel Model { get; }

    public IReadOnlyList<Sentence> Sources { get; }

    public IReadOnlyList<int[]> Targets { get; }

    public bool IsLanguageModel => Model.Config.Task == ModelTask.LanguageModel;

    public static string Key(int line, string name) => string.Create(CultureInfo.InvariantCulture, $"{line}.{name}");

    public float[] Expected(int line, string name) => arrays[Key(line, name)].ToSingles();

    public int[] Ids(int line, string name) => [.. arrays[Key(line, name)].ToInt64s().Select(id => (int)id)];

    public EncodedBatch? Encode(IReadOnlyList<int> lines, ForwardObserver? observer) =>
        IsLanguageModel ? null : Model.Encoder.Encode([.. lines.Select(line => Sources[line])], new Workspace(), observer);

    public SequencePass Decode(IReadOnlyList<int> lines, EncodedBatch? encoded, ForwardObserver? observer) =>
        new(Model.Decoder, encoded, [.. lines.Select(line => Targets[line])], SequenceContext.Causal, new Workspace(), observer);

    public void Dispose() => Model.Dispose();
}

/// <summary>Keeps everything that a pass shows.</summary>
internal sealed class KeepEverything : ForwardObserver
{
    public float[] EmbeddedStates { get; private set; } = [];

    public Dictionary<int, float[]> Layers { get; } = [];

    public Dictionary<(int Layer, int Row), float[]> Self { get; } = [];

    public Dictionary<(int Layer, int Row), float[]> Cross { get; } = [];

    public override void Embedded(ReadOnlySpan<float> states) => EmbeddedStates = states.ToArray();

    public override void Layer(int layer, ReadOnlySpan<float> states) => Layers[layer] = states.ToArray();

    public override void SelfAttention(int layer, int row, VisibleKeys keys, ReadOnlySpan<float> attended) => Self[(layer, row)] = attended.ToArray();

    public override void CrossAttention(int layer, int row, ReadOnlySpan<float> attended) => Cross[(layer, row)] = attended.ToArray();
}
