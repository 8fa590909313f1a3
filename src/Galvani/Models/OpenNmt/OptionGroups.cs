namespace Galvani.Models.OpenNmt;

/// <summary>Which group an option is shown in: as the options are documented by OpenNMT-py, joined to a few groups that people look for.</summary>
internal static class OptionGroups
{
    private static readonly Dictionary<string, OptionGroup> ByName = Build();

    private static readonly (string Prefix, OptionGroup Group)[] ByPrefix =
    [
        ("src_", OptionGroup.Input), ("tgt_", OptionGroup.Input), ("valid_", OptionGroup.Training), ("adam_", OptionGroup.Training),
        ("average_", OptionGroup.Training), ("dropout", OptionGroup.Training), ("lora_", OptionGroup.Training), ("tensorboard", OptionGroup.Training),
        ("gpu_", OptionGroup.Training), ("master_", OptionGroup.Training), ("bucket_", OptionGroup.Training), ("lm_prior_", OptionGroup.Training),
        ("fuzzy", OptionGroup.Input), ("tags_", OptionGroup.Input), ("term", OptionGroup.Input), ("pre_word_vecs", OptionGroup.Training),
        ("freeze_", OptionGroup.Training), ("save_", OptionGroup.Training), ("copy_", OptionGroup.Layers), ("rotary_", OptionGroup.Embeddings),
    ];

    /// <summary>The group of an option.</summary>
    public static OptionGroup Of(string name)
    {
        if (ByName.TryGetValue(name, out var group))
            return group;
        foreach (var (prefix, byPrefix) in ByPrefix)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return byPrefix;
        }

        return OptionGroup.Other;
    }

    private static Dictionary<string, OptionGroup> Build()
    {
        var groups = new Dictionary<string, OptionGroup>(StringComparer.Ordinal);
        Add(OptionGroup.Architecture, "model_task model_type model_dtype encoder_type decoder_type layers enc_layers dec_layers hidden_size enc_hid_size dec_hid_size rnn_size enc_rnn_size dec_rnn_size heads transformer_ff data_task brnn");
        Add(OptionGroup.Embeddings, "src_word_vec_size tgt_word_vec_size word_vec_size share_embeddings share_decoder_embeddings position_encoding position_encoding_type max_relative_positions relative_positions_buckets feat_merge feat_vec_size feat_vec_exponent");
        Add(OptionGroup.Layers, "layer_norm norm_eps pos_ffn_activation_fn self_attn_type sliding_window num_experts num_experts_per_tok aan_useffn add_qkvbias add_ffnbias multiquery num_kv parallel_residual shared_layer_norm generator_function global_attention global_attention_function reuse_copy_attn coverage_attn alignment_layer alignment_heads full_context_alignment lambda_align input_feed bridge rnn_type context_gate cnn_kernel_width");
        Add(OptionGroup.Input, "data transforms skip_empty_level share_vocab decoder_start_token default_specials n_src_feats vocab_size_multiple both_embeddings embeddings_type gpt2_pretok penn norm_quote_commas norm_numbers pre_replace_unicode_punct post_remove_control_chars doc_length max_context upper_corpus_ratio reversible_tokenization response_patterns data_type _all_transform src_vocab tgt_vocab mask_length paired_stag paired_etag isolated_tag");
        Add(OptionGroup.Training, "optim learning_rate learning_rate_decay warmup_steps decay_method decay_steps start_decay_steps train_steps valid_steps batch_size batch_type batch_size_multiple normalization accum_count accum_steps max_grad_norm dropout attention_dropout dropout_steps label_smoothing param_init param_init_glorot seed early_stopping early_stopping_criteria world_size num_workers prefetch_factor keep_checkpoint train_from reset_optim report_every single_pass truncated_decoder loss_scale apex_opt_level use_ckpting parallel_mode timeout update_vocab config log_file log_file_level exp exp_host verbose adagrad_accumulator_init coverage_loss lambda_coverage copy_loss_by_seqlength zero_out_prompt_loss override_opts overwrite n_sample dump_transforms valid_metrics scoring_debug dump_preds switchout_temperature tokendrop_temperature tokenmask_temperature");
        return groups;

        void Add(OptionGroup group, string names)
        {
            foreach (var name in names.Split(' '))
                groups[name] = group;
        }
    }
}
