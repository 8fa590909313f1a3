using Galvani.Checkpoints.Pickles;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>
/// What OpenNMT-py 3.5.1's loader demands of a file, stated from its options alone: which tensors there must be (none missing, none extra) and their shapes, what
/// sharing promises, and the form of the vocabulary. Holds for the golden models, so it can be asked of new ones.
/// </summary>
internal static class LoaderRules
{
    /// <summary>Everything that the loader would object to.</summary>
    public static List<string> Violations(OpenNmtCheckpoint checkpoint)
    {
        var config = OpenNmtConfig.Create(checkpoint);
        var expected = Names(checkpoint, config).ToDictionary();
        var root = (PickleDictionary)checkpoint.Checkpoint.Root;
        var violations = new List<string>();
        violations.AddRange(expected.Keys.Where(name => checkpoint.Find(name) is null).Select(name => $"Missing key {name}"));
        violations.AddRange(checkpoint.Tensors.Where(tensor => !expected.ContainsKey(tensor.Name)).Select(tensor => $"Extra key {tensor.Name}"));
        violations.AddRange(checkpoint.Tensors.Where(tensor => expected.TryGetValue(tensor.Name, out var shape) && shape is not null && !tensor.View.Shape.SequenceEqual(shape))
            .Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.View.Shape)}]"));
        if (root["vocab"] is not PickleDictionary vocabulary || vocabulary["tgt"] is not PickleList || vocabulary["src"] is not PickleList || vocabulary["data_task"] is not PickleString)
            violations.Add("vocab");
        if (root["opt"] is not PickleDictionary { TypeName: "argparse.Namespace" } || !((PickleDictionary)root).Entries.Any(entry => entry.Key is PickleString { Value: "optim" }))
            violations.Add("opt or optim");
        violations.AddRange(Sharing(checkpoint, config));
        return violations;
    }

    private static IEnumerable<string> Sharing(OpenNmtCheckpoint checkpoint, ModelConfig config)
    {
        if (config.SharesEmbeddings && !checkpoint.Vocabularies!.IsShared)
            yield return "share_embeddings with two vocabularies";
        if (config.SharesEmbeddings && !checkpoint.Require(OpenNmtNames.SourceEmbedding).ToSingles().SequenceEqual(checkpoint.Require(OpenNmtNames.TargetEmbedding).ToSingles()))
            yield return "share_embeddings with two tables";
        if (config.SharesGenerator && !checkpoint.Require(OpenNmtNames.TargetEmbedding).ToSingles().SequenceEqual(checkpoint.Require(OpenNmtNames.GeneratorWeight).ToSingles()))
            yield return "share_decoder_embeddings with two tables";
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> Names(OpenNmtCheckpoint checkpoint, ModelConfig config)
    {
        long width = config.ModelWidth;
        long target = checkpoint.Vocabularies!.Target!.Count;
        if (config.Task == ModelTask.SequenceToSequence)
        {
            var word = checkpoint.Options.Integer("src_word_vec_size");
            yield return new("encoder.embeddings.make_embedding.emb_luts.0.weight", [checkpoint.Vocabularies.Source!.Count, word]);
            for (var feature = 1; feature <= config.FeatureCount; feature++)
                yield return new($"encoder.embeddings.make_embedding.emb_luts.{feature}.weight", null);
            foreach (var name in Norm("encoder.layer_norm", config))
                yield return name;
        }

        yield return new("decoder.embeddings.make_embedding.emb_luts.0.weight", [target, width]);
        yield return new("generator.weight", [target, width]);
        yield return new("generator.bias", [target]);
        foreach (var side in config.Task == ModelTask.SequenceToSequence ? (string[])["encoder", "decoder"] : ["decoder"])
        {
            if (config.HasPositionalTable)
                yield return new($"{side}.embeddings.make_embedding.pe.pe", null);
        }

        foreach (var name in Norm("decoder.layer_norm", config))
            yield return name;
        for (var layer = 0; layer < config.EncoderLayerCount; layer++)
        {
            foreach (var (name, shape) in Layer(config, isDecoder: false))
                yield return new($"encoder.transformer.{layer}.{name}", shape);
        }

        for (var layer = 0; layer < config.DecoderLayerCount; layer++)
        {
            foreach (var (name, shape) in Layer(config, isDecoder: true))
                yield return new($"decoder.transformer_layers.{layer}.{name}", shape);
        }
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> Layer(ModelConfig config, bool isDecoder)
    {
        var hasCross = isDecoder && config.Task == ModelTask.SequenceToSequence;
        foreach (var name in isDecoder && config.IsAverageAttention ? AverageAttention(config) : SelfAttention(config))
            yield return name;
        foreach (var name in hasCross ? Attention("context_attn", config) : [])
            yield return name;
        string[] norms = !isDecoder ? ["layer_norm"] : hasCross ? ["layer_norm_1", "layer_norm_2"] : ["layer_norm_1"];
        if (config.IsParallelResidual && !config.SharesLayerNorm && isDecoder)
            norms = [.. norms, "layer_norm_res"];
        foreach (var name in norms.SelectMany(norm => Norm(norm, config)))
            yield return name;
        foreach (var name in isDecoder && config.ExpertCount > 0 ? Experts(config) : FeedForward("feed_forward", config))
            yield return name;
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> SelfAttention(ModelConfig config)
    {
        foreach (var name in Attention("self_attn", config))
            yield return name;
        if (config.Positions == PositionScheme.Shaw)
            yield return new("self_attn.relative_positions_embeddings.weight", [2 * config.MaximumRelativePosition + 1, config.HeadWidth]);
        if (config.Positions == PositionScheme.BucketBias)
            yield return new("self_attn.relative_attention_bias.weight", [config.RelativeBucketCount, config.HeadCount]);
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> Attention(string prefix, ModelConfig config)
    {
        long width = config.ModelWidth, keys = config.KeyValueHeadCount * config.HeadWidth;
        foreach (var (name, rows) in ((string, long)[])[("linear_query", width), ("linear_keys", keys), ("linear_values", keys), ("final_linear", width)])
        {
            yield return new($"{prefix}.{name}.weight", [rows, width]);
            if (config.HasAttentionBias)
                yield return new($"{prefix}.{name}.bias", [rows]);
        }
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> AverageAttention(ModelConfig config)
    {
        long width = config.ModelWidth;
        yield return new("self_attn.gating_layer.weight", [2 * width, 2 * width]);
        yield return new("self_attn.gating_layer.bias", [2 * width]);
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> Experts(ModelConfig config)
    {
        yield return new("feed_forward.gate.weight", [config.ExpertCount, config.ModelWidth]);
        for (var expert = 0; expert < config.ExpertCount; expert++)
        {
            foreach (var name in FeedForward($"feed_forward.experts.{expert}", config))
                yield return name;
        }
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> FeedForward(string prefix, ModelConfig config)
    {
        long width = config.ModelWidth, inner = config.FeedForwardWidth;
        string[] outward = config.Activation is Activation.Silu or Activation.GatedGelu ? ["w_1", "w_3"] : ["w_1"];
        foreach (var (name, shape) in outward.Select(name => (name, (long[])[inner, width])).Append(("w_2", [width, inner])))
        {
            yield return new($"{prefix}.{name}.weight", shape);
            if (config.HasFeedForwardBias)
                yield return new($"{prefix}.{name}.bias", [shape[0]]);
        }

        if (!config.IsParallelResidual)
        {
            foreach (var name in Norm($"{prefix}.layer_norm", config))
                yield return name;
        }
    }

    private static IEnumerable<KeyValuePair<string, long[]?>> Norm(string prefix, ModelConfig config)
    {
        yield return new($"{prefix}.weight", [config.ModelWidth]);
        if (config.Norm != NormKind.Rms)
            yield return new($"{prefix}.bias", [config.ModelWidth]);
    }
}
