namespace Galvani.Testing.Fuzzing;

/// <summary>Writes OpenNMT-py checkpoints whose options, vocabularies and tensors are of every kind and size but the right one, also inside themselves.</summary>
internal static class OpenNmtGenerator
{
    private static readonly string[] Options =
    [
        "encoder_type", "decoder_type", "model_task", "layers", "enc_layers", "dec_layers", "hidden_size", "rnn_size", "heads", "num_kv", "transformer_ff", "max_relative_positions", "norm_eps", "multiquery",
        "relative_positions_buckets", "position_encoding", "share_embeddings", "share_decoder_embeddings", "feat_merge", "alignment_layer", "copy_attn_type", "transforms", "data", "src_subword_model", "num_experts",
        "pos_ffn_activation_fn", "layer_norm", "model_type", "enc_hid_size", "dec_hid_size",
    ];

    private static readonly string[] Tensors =
    [
        "encoder.embeddings.make_embedding.emb_luts.0.weight", "decoder.embeddings.make_embedding.emb_luts.0.weight", "encoder.embeddings.make_embedding.pe.pe", "encoder.layer_norm.a_2", "encoder.layer_norm.b_2",
        "encoder.transformer.0.self_attn.linear_query.weight", "encoder.transformer.2147483648.self_attn.linear_keys.weight", "decoder.transformer_layers.0.mask", "decoder.transformer_layers.1.feed_forward.w_1.bias",
        "encoder.transformer.0.lora_A", "encoder.transformer.0.self_attn.linear_query.lora_A", "encoder.transformer.0.self_attn.linear_query.lora_B", "generator.0.weight",
        "encoder.transformer.0.feed_forward.w_2.weight", "decoder.transformer_layers.0.gating_layer.weight", "encoder.embeddings.make_embedding.emb_luts.1.weight", "encoder", "",
    ];

    public static byte[] Generate(Random random)
    {
        var file = new OpenNmtBuilder { Vocabulary = random.Next(4) == 0 ? null : pickle => Vocabulary(pickle, random), LacksWeights = random.Next(8) == 0, Optimizer = random.Next(4) == 0 ? pickle => Optimizer(pickle, random) : null };
        for (var i = random.Next(8); i > 0; i--)
            file.Option(Options[random.Next(Options.Length)], pickle => Value(pickle, random, depth: 0));
        for (var i = random.Next(5); i > 0; i--)
            file.Tensor(Tensors[random.Next(Tensors.Length)], [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5))]);
        return file.Build();
    }

    private static void Value(RawPickle pickle, Random random, int depth)
    {
        switch (random.Next(depth > 3 ? 6 : 11))
        {
            case 0: pickle.Int((int)ByteMutator.Extreme(random)); break;
            case 1: pickle.Long(ByteMutator.Extreme(random)); break;
            case 2: pickle.Text(new[] { "transformer", "transformer_lm", "lm", "../../etc/passwd", "", "\0", "concat", "sum", "mlp", "gelu", "silu", "gated-gelu", "rms" }[random.Next(13)]); break;
            case 3: pickle.Op('N'); break;
            case 4: pickle.Bytes(0x88); break;
            case 5: pickle.Bytes([(byte)'G', .. new byte[8].Select(_ => (byte)random.Next(256))]); break;
            case 6: pickle.Op(']').Put(9).Get(9).Op('a'); break; // inside itself
            case 7: Items(pickle, random, depth, open: "](", close: 'e'); break;
            case 8: Items(pickle, random, depth, open: "(", close: 't'); break;
            case 9: pickle.Op('}').Text("valid").Op('}').Text("transforms"); Value(pickle, random, depth + 1); pickle.Op("ss"); break;
            default: OpenNmtBuilder.Field(pickle, "<unk>", "a"); break;
        }
    }

    private static void Optimizer(RawPickle pickle, Random random)
    {
        pickle.Op('}').Text("training_step");
        Value(pickle, random, depth: 3);
        pickle.Op('s').Text("optimizer").Op('}').Text("state");
        if (random.Next(2) == 0)
            Value(pickle, random, depth: 0);
        else
            pickle.Op('}').Int(0).Op("Ns");
        pickle.Op("ss");
    }

    private static void Items(RawPickle pickle, Random random, int depth, string open, char close)
    {
        pickle.Op(open);
        for (var i = random.Next(4); i > 0; i--)
            Value(pickle, random, depth + 1);
        pickle.Op(close);
    }

    private static void Vocabulary(RawPickle pickle, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                Value(pickle, random, depth: 0);
                break;
            case 1:
                pickle.Op("](").Text("src");
                Side(pickle, random);
                pickle.Bytes(0x86).Text("tgt");
                Side(pickle, random);
                pickle.Bytes(0x86).Op('e');
                break;
            default:
                pickle.Op('}').Text("src");
                Side(pickle, random);
                pickle.Op('s').Text("tgt");
                Side(pickle, random);
                pickle.Op('s').Text("src_feats");
                Value(pickle, random, depth: 0);
                pickle.Op('s');
                break;
        }
    }

    private static void Side(RawPickle pickle, Random random)
    {
        switch (random.Next(5))
        {
            case 0: OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "a"); break;
            case 1: OpenNmtBuilder.Vocab(pickle, "<unk>", "a"); break;
            case 2: OpenNmtBuilder.Field(pickle, "<unk>", "a"); break;
            case 3: pickle.Global("torchtext.data.field", "Field").Bytes((byte)')', 0x81).Put(8).Op('}').Text("vocab").Get(8).Op("sb"); break; // its own vocabulary
            default: Value(pickle, random, depth: 0); break;
        }
    }
}
