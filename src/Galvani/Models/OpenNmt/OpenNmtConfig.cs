using Galvani.Checkpoints;

namespace Galvani.Models.OpenNmt;

/// <summary>Makes the toolkit-neutral configuration from a checkpoint's options and tensors.</summary>
public static class OpenNmtConfig
{
    /// <summary>The configuration of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint; without an <c>opt</c> the toolkit's defaults count, which rarely fit.</param>
    /// <exception cref="UnsupportedCheckpointException">The model uses what is not supported; all of it is named.</exception>
    public static ModelConfig Create(OpenNmtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var problems = new List<string>();
        var config = Describe(checkpoint, problems);
        return problems.Count == 0 ? config : throw new UnsupportedCheckpointException($"{string.Join("; ", problems)} ({checkpoint.Checkpoint.FilePath})");
    }

    /// <summary>The configuration as far as it can be told, for people to look at; what is not supported is added to <paramref name="problems"/>.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="problems">Receives what is not supported.</param>
    public static ModelConfig Describe(OpenNmtCheckpoint checkpoint, ICollection<string> problems)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(problems);
        var options = checkpoint.Options;
        var isLanguageModel = options.Text("model_task") == "lm" || options.Text("decoder_type") == "transformer_lm";
        CheckTypes(options, isLanguageModel, problems);
        var heads = Math.Max(1, options.Integer("heads"));
        var keyValueHeads = options.Integer("num_kv");
        var scheme = Scheme(options, problems);
        return new ModelConfig
        {
            Task = isLanguageModel ? ModelTask.LanguageModel : ModelTask.SequenceToSequence,
            EncoderLayerCount = isLanguageModel ? 0 : options.Integer("enc_layers"),
            DecoderLayerCount = options.Integer("dec_layers"),
            ModelWidth = options.Integer("dec_hid_size"),
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads > 0 ? keyValueHeads : heads,
            FeedForwardWidth = options.Integer("transformer_ff"),
            Activation = ActivationOf(options.Text("pos_ffn_activation_fn"), problems),
            Norm = NormOf(checkpoint, problems),
            NormEpsilon = (float)options.Number("norm_eps"),
            Positions = scheme,
            MaximumRelativePosition = Math.Max(0, options.Integer("max_relative_positions")),
            RelativeBucketCount = scheme == PositionScheme.BucketBias ? options.Integer("relative_positions_buckets") : 0,
            RotaryInterleaved = options.Flag("rotary_interleave"),
            RotaryBase = options.Number("rotary_theta", 10000),
            RotaryWidth = options.Integer("rotary_dim"),
            HasAttentionBias = options.Flag("add_qkvbias"),
            HasFeedForwardBias = options.Flag("add_ffnbias"),
            IsParallelResidual = options.Flag("parallel_residual"),
            SharesLayerNorm = options.Flag("shared_layer_norm"),
            ExpertCount = options.Integer("num_experts"),
            ExpertsPerToken = options.Integer("num_experts_per_tok"),
            SlidingWindow = options.Integer("sliding_window"),
            IsAverageAttention = options.Text("self_attn_type") == "average",
            AverageAttentionHasFeedForward = options.Flag("aan_useffn"),
            SharesEmbeddings = options.Flag("share_embeddings"),
            SharesGenerator = options.Flag("share_decoder_embeddings"),
            IsCopyModel = options.Flag("copy_attn"),
            FeatureCount = checkpoint.Vocabularies?.SourceFeatures.Count ?? options.Integer("n_src_feats"),
            FeatureMerge = MergeOf(options.Text("feat_merge"), problems),
        };
    }

    private static void CheckTypes(OpenNmtOptions options, bool isLanguageModel, ICollection<string> problems)
    {
        var (encoder, decoder) = (options.Text("encoder_type"), options.Text("decoder_type"));
        if (decoder is not ("transformer" or "transformer_lm"))
            problems.Add($"decoder_type is {decoder}, supported: transformer, transformer_lm");
        if (!isLanguageModel && encoder != "transformer")
            problems.Add($"encoder_type is {encoder}, supported: transformer");
        if (!isLanguageModel && options.Integer("enc_hid_size") != options.Integer("dec_hid_size"))
            problems.Add($"enc_hid_size {options.Integer("enc_hid_size")} differs from dec_hid_size {options.Integer("dec_hid_size")}, a Transformer needs them equal");
        if (options.Text("model_type") is not ("" or "text"))
            problems.Add($"model_type is {options.Text("model_type")}, supported: text");
    }

    private static PositionScheme Scheme(OpenNmtOptions options, ICollection<string> problems)
    {
        var relative = options.Integer("max_relative_positions");
        if (options.Flag("position_encoding"))
        {
            if (relative != 0)
                problems.Add($"position_encoding together with max_relative_positions {relative}, supported: one of them");
            return options.Text("position_encoding_type") == "SinusoidalConcat" ? PositionScheme.SinusoidalConcat : PositionScheme.SinusoidalInterleaved;
        }

        return relative switch
        {
            -1 => PositionScheme.Rotary,
            -2 => PositionScheme.Alibi,
            > 0 => options.Integer("relative_positions_buckets") > 0 ? PositionScheme.BucketBias : PositionScheme.Shaw,
            _ => PositionScheme.None,
        };
    }

    private static Activation ActivationOf(string name, ICollection<string> problems)
    {
        switch (name)
        {
            case "relu":
                return Activation.Relu;
            case "gelu":
                return Activation.Gelu;
            case "silu":
                return Activation.Silu;
            case "gated-gelu":
                return Activation.GatedGelu;
            default:
                problems.Add($"pos_ffn_activation_fn is {name}, supported: relu, gelu, silu, gated-gelu");
                return Activation.Relu;
        }
    }

    private static NormKind NormOf(OpenNmtCheckpoint checkpoint, ICollection<string> problems)
    {
        if (checkpoint.Tensors.Any(tensor => tensor.FileName.EndsWith(".a_2", StringComparison.Ordinal)))
            return NormKind.Unbiased;
        var name = checkpoint.Options.Text("layer_norm");
        if (name is not ("standard" or "rms"))
            problems.Add($"layer_norm is {name}, supported: standard, rms");
        return name == "rms" ? NormKind.Rms : NormKind.Standard;
    }

    private static FeatureMerge MergeOf(string name, ICollection<string> problems)
    {
        switch (name)
        {
            case "concat":
                return FeatureMerge.Concatenate;
            case "sum":
                return FeatureMerge.Sum;
            case "mlp":
                return FeatureMerge.Projection;
            default:
                problems.Add($"feat_merge is {name}, supported: concat, sum, mlp");
                return FeatureMerge.Concatenate;
        }
    }
}
