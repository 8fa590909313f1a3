using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>The repairs that OpenNMT-py's loader makes to old checkpoints, and those that old files need beyond them, in one place.</summary>
internal static class OptionRepairs
{
    private static readonly (string Old, string New)[] Renamed =
        [("rnn_size", "hidden_size"), ("enc_rnn_size", "enc_hid_size"), ("dec_rnn_size", "dec_hid_size")];

    /// <summary>Repairs that look at what the file has; before defaults are filled in.</summary>
    public static void Apply(OpenNmtOptions options, IReadOnlyCollection<string> tensorNames)
    {
        NameTensorRepairs(options, tensorNames);
        var isVersion2 = options.Find("rnn_size") is not null && options.Find("hidden_size") is null;
        foreach (var (old, current) in Renamed)
        {
            if (options.Find(old) is { } option && options.Find(current) is null)
                options.Repair(current, option.Value, $"{old} of OpenNMT-py 2 is {current} now");
        }

        if (isVersion2 && options.Find("add_qkvbias") is null)
            options.Repair("add_qkvbias", new PickleBool(true), "OpenNMT-py 2 always has biases in attention: add_qkvbias is True");
        if (!options.Flag("add_ffnbias") && tensorNames.Any(OpenNmtNames.IsFeedForwardBias))
            options.Repair("add_ffnbias", new PickleBool(true), "there are feed-forward biases: add_ffnbias is True");
        else if (isVersion2 && options.Find("add_ffnbias") is null)
            options.Repair("add_ffnbias", new PickleBool(true), "OpenNMT-py 2 always has biases in feed-forward layers: add_ffnbias is True"); // a part may have none of them
        RepairRotary(options);
    }

    /// <summary>Options that override others once all have a value.</summary>
    public static void ApplyAfterDefaults(OpenNmtOptions options)
    {
        Spread(options, "word_vec_size", "src_word_vec_size", "tgt_word_vec_size");
        Spread(options, "layers", "enc_layers", "dec_layers");
        Spread(options, "hidden_size", "enc_hid_size", "dec_hid_size");
        if (options.Flag("multiquery") && options.Integer("num_kv") == 0)
            options.Repair("num_kv", new PickleInteger(1), "multiquery means one key and value head: num_kv is 1");
        if (options.IsInFile("copy_attn_type") && options.Find("copy_attn_type")!.Value is PickleNone && options.Find("global_attention") is { } attention)
            options.Repair("copy_attn_type", attention.Value, $"copy_attn_type is None: that of global_attention is taken, {attention.Text}");
        if (options.Find("alignment_layer")?.Value is PickleNone)
        {
            options.Repair("alignment_layer", new PickleInteger(-2), "alignment_layer is None: -2 is taken, as OpenNMT-py does");
            options.Repair("lambda_align", new PickleFloat(0), "alignment_layer is None: lambda_align is 0, as OpenNMT-py has it");
        }
    }

    private static void NameTensorRepairs(OpenNmtOptions options, IReadOnlyCollection<string> tensorNames)
    {
        if (tensorNames.Any(name => name.EndsWith(".a_2", StringComparison.Ordinal)))
            options.Note("norms are named a_2 and b_2 (before 0.6): read as weight and bias; they were trained with the unbiased standard deviation and epsilon outside the root");
        if (tensorNames.Contains("generator.0.weight"))
            options.Note("the generator is named 0.weight and 0.bias (OpenNMT-py 2): read as weight and bias");
        var masks = tensorNames.Count(OpenNmtNames.IsIgnoredBuffer);
        if (masks > 0)
            options.Note($"{masks} mask buffers of decoder layers (up to 0.7) are ignored");
    }

    /// <summary>Rotary models of 3.1 to 3.4 were trained interleaved and do not say so; 3.5 writes the option.</summary>
    private static void RepairRotary(OpenNmtOptions options)
    {
        if (options.Integer("max_relative_positions") == -1 && options.Find("rotary_interleave") is null)
        {
            options.Repair("rotary_interleave", new PickleBool(true),
                "rotary_interleave is not recorded, so the model is from 3.1 to 3.4, which trained interleaved: True (OpenNMT-py 3.5 takes False, and so does RotaryPairs.Halves)");
        }
    }

    private static void Spread(OpenNmtOptions options, string common, params string[] names)
    {
        if (options.Integer(common) <= 0)
            return;
        var value = options.Integer(common);
        foreach (var name in names)
        {
            if (options.Integer(name) == value)
                continue;
            if (options.IsInFile(name))
                options.Repair(name, new PickleInteger(value), $"{common} {value} overrides {name}");
            else
                options.Repair(name, new PickleInteger(value), $"{name} follows from {common}: {value}");
        }
    }
}
