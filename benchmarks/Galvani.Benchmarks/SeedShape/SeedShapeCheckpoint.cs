using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Benchmarks.SeedShape;

/// <summary>
/// A checkpoint of the seed shape: 6 + 6 layers, width 768, feed-forward 1536, 12 000 tokens, one vocabulary and one embedding for both sides. The bundled sample is
/// stretched: its options, its vocabulary filled up as the toolkit fills one up, its tensor names, with its first layers repeated and each size replaced.
/// </summary>
/// <param name="template">The sample; must stay open until the tree is written.</param>
/// <param name="type">The type of all tensors: float32 or float16.</param>
internal sealed class SeedShapeCheckpoint(Checkpoint template, DType type)
{
    private const int LayerCount = 6;
    private const int ModelWidth = 768;
    private const int FeedForwardWidth = 1536;
    private const int VocabularySize = 12_000;
    private const int SampleModelWidth = 256;
    private const int SampleFeedForwardWidth = 512;
    private const string Filler = "averyunlikelytoken";

    private readonly PickleDictionary sample = (PickleDictionary)template.Root;

    /// <summary>The whole tree: <c>vocab</c>, <c>opt</c>, <c>model</c>, <c>generator</c>, <c>optim</c>. Weights are made when they are written.</summary>
    public PickleDictionary Build(GeneratorSharing sharing)
    {
        var embedding = Tensor(OpenNmtNames.SourceEmbedding, [VocabularySize, ModelWidth]);
        var output = sharing == GeneratorSharing.Tied ? embedding : Tensor(OpenNmtNames.GeneratorWeight, [VocabularySize, ModelWidth]);
        return CheckpointTree.Dictionary(
        [
            new("vocab", Vocabulary()),
            new("opt", Options(sharing)),
            new("model", CheckpointTree.Dictionary(Model(embedding))),
            new("generator", CheckpointTree.OrderedDictionary([new("weight", output), new("bias", Tensor(OpenNmtNames.GeneratorBias, [VocabularySize]))])),
            new("optim", PickleNone.Instance),
        ]);
    }

    private PickleDictionary Vocabulary()
    {
        var vocabulary = (PickleDictionary)sample["vocab"]!;
        var tokens = ((PickleList)vocabulary["src"]!).Items;
        var fillers = Enumerable.Range(tokens.Count, VocabularySize - tokens.Count).Select(number => CheckpointTree.Text(string.Create(CultureInfo.InvariantCulture, $"{Filler}{number}")));
        var list = CheckpointTree.List(tokens.Concat(fillers));
        return CheckpointTree.Dictionary(Named(vocabulary).Select(entry => entry.Key is "src" or "tgt" ? new(entry.Key, list) : entry));
    }

    private PickleDictionary Options(GeneratorSharing sharing)
    {
        Dictionary<string, PickleValue> changed = new(StringComparer.Ordinal)
        {
            ["share_decoder_embeddings"] = new PickleBool(sharing == GeneratorSharing.Tied),
            ["transformer_ff"] = CheckpointTree.Integer(FeedForwardWidth),
            ["batch_size"] = CheckpointTree.Integer(8192),
            ["warmup_steps"] = CheckpointTree.Integer(8000),
            ["learning_rate"] = new PickleFloat(2.0),
        };
        foreach (var name in (string[])["layers", "enc_layers", "dec_layers"])
            changed[name] = CheckpointTree.Integer(LayerCount);
        foreach (var name in (string[])["hidden_size", "enc_hid_size", "dec_hid_size", "word_vec_size", "src_word_vec_size", "tgt_word_vec_size"])
            changed[name] = CheckpointTree.Integer(ModelWidth);
        foreach (var name in (string[])["src_seq_length", "tgt_seq_length"])
            changed[name] = CheckpointTree.Integer(384);
        var options = Named((PickleDictionary)sample["opt"]!);
        return CheckpointTree.Namespace(options.Select(option => new KeyValuePair<string, PickleValue>(option.Key, changed.GetValueOrDefault(option.Key, option.Value))));
    }

    private IEnumerable<KeyValuePair<string, PickleValue>> Model(PickleTensor embedding)
    {
        var tensors = Named((PickleDictionary)sample["model"]!).ToList();
        for (var i = 0; i < tensors.Count;)
        {
            var prefix = LayerPrefix(tensors[i].Key, out var layer);
            var end = i + 1;
            while (prefix is not null && end < tensors.Count && LayerPrefix(tensors[end].Key, out var next) == prefix && next == layer)
                end++;
            var part = tensors[i..end];
            i = end;
            if (prefix is null)
                yield return OpenNmtNames.IsEmbedding(part[0].Key) ? new(part[0].Key, embedding) : Stretch(part[0], part[0].Key);
            else if (layer == 0)
            {
                foreach (var entry in Enumerable.Range(0, LayerCount).SelectMany(number => Repeat(part, prefix, number)))
                    yield return entry;
            }
        }
    }

    private IEnumerable<KeyValuePair<string, PickleValue>> Repeat(List<KeyValuePair<string, PickleValue>> layer, string prefix, int number) => layer.Select(tensor =>
    {
        OpenNmtNames.TryParseLayer(tensor.Key, prefix, out _, out var rest);
        return Stretch(tensor, string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}.{rest}"));
    });

    private KeyValuePair<string, PickleValue> Stretch(KeyValuePair<string, PickleValue> tensor, string name) =>
        new(name, Tensor(name, [.. ((PickleTensor)tensor.Value).View.Shape.Select(StretchSize)]));

    private static long StretchSize(long size) => size switch
    {
        SampleModelWidth => ModelWidth,
        SampleFeedForwardWidth => FeedForwardWidth,
        _ => size, // the positional table's rows, and its axis of one
    };

    private PickleTensor Tensor(string name, long[] shape) => CheckpointTree.Computed(type, shape, SeedShapeWeights.Content(name, shape, type));

    private static string? LayerPrefix(string name, out int layer)
    {
        foreach (var prefix in (string[])[OpenNmtNames.EncoderLayers, OpenNmtNames.DecoderLayers])
        {
            if (OpenNmtNames.TryParseLayer(name, prefix, out layer, out _))
                return prefix;
        }

        layer = -1;
        return null;
    }

    private static IEnumerable<KeyValuePair<string, PickleValue>> Named(PickleDictionary dictionary) =>
        dictionary.Entries.Select(entry => new KeyValuePair<string, PickleValue>(((PickleString)entry.Key).Value, entry.Value));
}
