using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>The defaults of OpenNMT-py 3.5.1's model options (its command line, <c>onmt/opts.py</c>), taken where a checkpoint does not say.</summary>
internal static class OptionDefaults
{
    public static readonly (string Name, PickleValue Value)[] Model =
    [
        ("model_task", Text("seq2seq")), ("encoder_type", Text("rnn")), ("decoder_type", Text("rnn")),
        ("layers", Whole(-1)), ("enc_layers", Whole(2)), ("dec_layers", Whole(2)),
        ("hidden_size", Whole(-1)), ("enc_hid_size", Whole(500)), ("dec_hid_size", Whole(500)),
        ("word_vec_size", Whole(-1)), ("src_word_vec_size", Whole(500)), ("tgt_word_vec_size", Whole(500)),
        ("heads", Whole(8)), ("transformer_ff", Whole(2048)),
        ("share_embeddings", Flag(false)), ("share_decoder_embeddings", Flag(false)),
        ("position_encoding", Flag(false)), ("position_encoding_type", Text("SinusoidalInterleaved")),
        ("max_relative_positions", Whole(0)), ("relative_positions_buckets", Whole(0)),
        ("rotary_interleave", Flag(false)), ("rotary_theta", Whole(10000)), ("rotary_dim", Whole(0)),
        ("feat_merge", Text("concat")), ("feat_vec_size", Whole(-1)), ("feat_vec_exponent", Real(0.7)),
        ("layer_norm", Text("standard")), ("norm_eps", Real(1e-6)), ("pos_ffn_activation_fn", Text("relu")),
        ("self_attn_type", Text("scaled-dot")), ("sliding_window", Whole(0)), ("num_experts", Whole(0)), ("num_experts_per_tok", Whole(2)),
        ("aan_useffn", Flag(false)), ("add_qkvbias", Flag(false)), ("add_ffnbias", Flag(false)), ("multiquery", Flag(false)), ("num_kv", Whole(0)),
        ("parallel_residual", Flag(false)), ("shared_layer_norm", Flag(false)), ("copy_attn", Flag(false)), ("copy_attn_type", PickleNone.Instance),
        ("global_attention", Text("general")), ("alignment_layer", Whole(-3)), ("alignment_heads", Whole(0)), ("lambda_align", Real(0)),
        ("full_context_alignment", Flag(false)), ("n_src_feats", Whole(0)), ("decoder_start_token", Text("<s>")),
        ("use_ckpting", new PickleList()), ("parallel_mode", Text("data_parallel")),
    ];

    private static PickleString Text(string value) => new(value);

    private static PickleInteger Whole(int value) => new(value);

    private static PickleFloat Real(double value) => new(value);

    private static PickleBool Flag(bool value) => new(value);
}
