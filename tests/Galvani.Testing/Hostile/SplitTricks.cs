using System.Globalization;
using System.Text;

namespace Galvani.Testing.Hostile;

/// <summary>Checkpoints in the split form whose files contradict one another: a language model of one layer, width 4, four tokens.</summary>
internal static class SplitTricks
{
    private const string First = ".00.safetensors";
    private const string Second = ".01.safetensors";
    private const string Embedding = "decoder.embeddings.make_embedding.emb_luts.0.weight";
    private const string Generator = "generator.weight";

    private static readonly (string Name, long[] Shape)[] Weights =
    [
        (Embedding, [4, 4]), (Generator, [4, 4]), ("generator.bias", [4]), ("decoder.layer_norm.weight", [4]), ("decoder.layer_norm.bias", [4]),
        .. Layer("self_attn.linear_query.weight", 4, 4), .. Layer("self_attn.linear_keys.weight", 4, 4), .. Layer("self_attn.linear_values.weight", 4, 4), .. Layer("self_attn.final_linear.weight", 4, 4),
        .. Layer("layer_norm_1.weight", 4), .. Layer("layer_norm_1.bias", 4),
        .. Layer("feed_forward.w_1.weight", 8, 4), .. Layer("feed_forward.w_2.weight", 4, 8), .. Layer("feed_forward.layer_norm.weight", 4), .. Layer("feed_forward.layer_norm.bias", 4),
    ];

    private static readonly byte[] Options = Checkpoint([]);

    private static readonly byte[] AllWeights = Tensors(Weights);

    public static IEnumerable<SplitTrick> All() => [.. Sound(), .. Names(), .. Contents(), .. Contradictions()];

    /// <summary>What a checker must not take for an attack.</summary>
    private static IEnumerable<SplitTrick> Sound() =>
    [
        new("numbers-with-gaps", null, null, (".pt", Options), (".7.safetensors", Tensors(Weights[..5])), (".00099.safetensors", Tensors(Weights[5..]))),
        new("number-of-100-digits", null, null, (".pt", Options), ($".{new string('9', 100)}.safetensors", AllWeights)),
        new("unnumbered-broken-beside-numbered", null, null, (".pt", Options), (First, AllWeights), (".safetensors", [1, 2, 3])),
        new("weights-in-both", null, null, (".pt", Checkpoint(Weights)), (First, [1, 2, 3])),
        new("tensor-of-no-model", null, null, (".pt", Options), (First, AllWeights), (Second, Tensors([("unheard.of", [2])]))),
    ];

    private static IEnumerable<SplitTrick> Names() =>
    [
        new("no-weights", null, "the file has no weights, and none were found", (".pt", Options)),
        new("no-number", null, "is not read, as OpenNMT-py would", (".pt", Options), (First, AllWeights), (".x.safetensors", AllWeights)),
        new("number-in-hexadecimal", null, "is not read, as OpenNMT-py would", (".pt", Options), (First, AllWeights), (".0x1.safetensors", AllWeights)),
        new("folder-as-weights", "This is a folder", "This is a folder", (".pt", Options), (First + "/x", [0])),
        new("folder-among-weights", "This is a folder", "This is a folder", (".pt", Options), (First, AllWeights), (Second + "/x", [0])),
    ];

    private static IEnumerable<SplitTrick> Contents() =>
    [
        new("weights-empty", "This is an empty file", "This is an empty file", (".pt", Options), (First, [])),
        new("weights-cut", "behind the header", "behind the header", (".pt", Options), (First, AllWeights[..^1])),
        new("weights-that-are-a-checkpoint", "expected safetensors", "expected safetensors", (".pt", Options), (First, Checkpoint(Weights))),
        new("weights-that-run", "expected safetensors", "expected safetensors", (".pt", Options), (First, ZipBuilder.Torch(RawPickle.Of(pickle => pickle.Global("os", "system").Text("true").Bytes(0x85).Op("R"))).Build())),
        new("header-of-16-exabytes", "The header announces", "The header announces", (".pt", Options), (First, AllWeights), (Second, SafetensorsBuilder.Build("{}", 0, ulong.MaxValue))),
        new("header-that-is-most-of-a-file", null, $"{Embedding} is missing", (".pt", Options), (First, SafetensorsBuilder.Build($"{{\"__metadata__\":{{\"a\":\"{new string('a', 50_000)}\"}}}}", 0))),
    ];

    private static IEnumerable<SplitTrick> Contradictions() =>
    [
        new("tensor-in-two-files", $"hold {Embedding} more than once", $"hold {Embedding} more than once", (".pt", Options), (First, AllWeights), (Second, Tensors(Weights[..1]))),
        new("every-tensor-in-two-files", "more than once", "more than once", (".pt", Options), (First, AllWeights), (Second, AllWeights)),
        new("shape-of-another", null, "feed_forward.w_1.weight has shape [4, 8]", (".pt", Options), (First, Tensors(Reshaped("feed_forward.w_1.weight", 4, 8)))),
        new("rows-of-another-vocabulary", null, $"{Embedding} has 5 rows, vocab.tgt has 4 tokens", (".pt", Options), (First, Tensors(Reshaped(Embedding, 5, 4)))),
        new("layer-missing", null, "has layers none", (".pt", Options), (First, Tensors(Weights[..5]))),
        new("layer-of-two-billion", null, "has layers 0, 2147483647, expected 1", (".pt", Options), (First, AllWeights), (Second, Tensors([("decoder.transformer_layers.2147483647.layer_norm_1.weight", [4])]))),
        new("tied-tensor-twice-and-unlike", null, "expected one tensor (from option share_decoder_embeddings)", (".pt", Checkpoint([], isShared: true)), (First, AllWeights)),
        new("tied-tensors-both-missing", null, $"{Embedding} is missing", (".pt", Checkpoint([], isShared: true)), (First, Tensors(Weights[2..]))),
    ];

    private static (string Name, long[] Shape)[] Layer(string name, params long[] shape) => [($"decoder.transformer_layers.0.{name}", shape)];

    private static IEnumerable<(string Name, long[] Shape)> Reshaped(string name, params long[] shape) =>
        Weights.Select(weight => weight.Name.EndsWith(name, StringComparison.Ordinal) ? (weight.Name, shape) : weight);

    private static byte[] Checkpoint(IEnumerable<(string Name, long[] Shape)> weights, bool isShared = false)
    {
        var builder = new OpenNmtBuilder { LacksWeights = !weights.Any(), Vocabulary = pickle => Vocabulary(pickle) }
            .Option("model_task", "lm").Option("encoder_type", "transformer_lm").Option("decoder_type", "transformer_lm").Option("hidden_size", 4).Option("word_vec_size", 4).Option("layers", 1)
            .Option("dec_layers", 1).Option("enc_layers", 1).Option("heads", 2).Option("transformer_ff", 8).Option("share_decoder_embeddings", pickle => pickle.Bytes(isShared ? (byte)0x88 : (byte)0x89));
        foreach (var (name, shape) in weights)
            builder.Tensor(name, shape);
        return builder.Build();
    }

    private static void Vocabulary(RawPickle pickle)
    {
        pickle.Op("}(");
        foreach (var side in (string[])["src", "tgt"])
        {
            pickle.Text(side);
            OpenNmtBuilder.Texts(pickle, "<blank>", "<unk>", "<s>", "</s>");
        }

        pickle.Text("data_task").Text("lm").Op('u');
    }

    /// <summary>A safetensors file of float32 tensors, whose bytes count on from one to the next.</summary>
    private static byte[] Tensors(IEnumerable<(string Name, long[] Shape)> weights)
    {
        var header = new StringBuilder("{");
        var end = 0L;
        foreach (var (name, shape) in weights)
        {
            var start = end;
            end += sizeof(float) * shape.Aggregate(1L, (product, size) => product * size);
            header.Append(start > 0 ? "," : "").Append(SafetensorsBuilder.Entry(name, "F32", $"[{string.Join(',', shape)}]", string.Create(CultureInfo.InvariantCulture, $"[{start},{end}]")));
        }

        return SafetensorsBuilder.Build(header.Append('}').ToString(), (int)end);
    }
}
