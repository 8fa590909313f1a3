using System.Globalization;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>A dimension of a tensor, explained.</summary>
/// <param name="Size">Its size.</param>
/// <param name="Meaning">What it counts.</param>
/// <param name="Origin">Why it has this size, with the option it comes from.</param>
public sealed record DimensionExplanation(long Size, string Meaning, string Origin);

/// <summary>A tensor, explained.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PaperName">What papers call it.</param>
/// <param name="Role">What it does.</param>
/// <param name="Dimensions">One explanation a dimension.</param>
public sealed record TensorExplanation(string Name, string PaperName, string Role, IReadOnlyList<DimensionExplanation> Dimensions)
{
    /// <summary>The meaning of a dimension that could not be explained.</summary>
    public const string Unknown = "unknown";
}

/// <summary>Says for a tensor of a checkpoint what each dimension means, why it has its size, and which option that comes from.</summary>
public sealed class ShapeExplainer
{
    private readonly OpenNmtCheckpoint checkpoint;
    private readonly ModelConfig config;

    /// <param name="checkpoint">The checkpoint.</param>
    public ShapeExplainer(OpenNmtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        this.checkpoint = checkpoint;
        config = OpenNmtConfig.Describe(checkpoint, []);
    }

    /// <summary>Explains a tensor of the model.</summary>
    /// <param name="tensor">One of the checkpoint's tensors.</param>
    public TensorExplanation Explain(OpenNmtTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var (paperName, role, meanings) = Describe(tensor.Name, tensor.View);
        var dimensions = new List<DimensionExplanation>();
        for (var axis = 0; axis < tensor.View.Rank; axis++)
        {
            var size = tensor.View.Shape[axis];
            var (meaning, origin) = axis < meanings.Length ? meanings[axis] : (TensorExplanation.Unknown, "");
            dimensions.Add(new DimensionExplanation(size, meaning, origin));
        }

        return new TensorExplanation(tensor.Name, paperName, role, dimensions);
    }

    private (string Paper, string Role, (string, string)[] Meanings) Describe(string name, TensorView view)
    {
        if (OpenNmtNames.IsPositionalTable(name))
            return ("positional encoding", "added to the token vectors; computed, not trained", [
                ("positions: one row a place in the sentence", "head-room of the toolkit, more than any training sentence has; a longer input is an error"),
                ("stand-in for the batch", "always 1, so that the row is added to every sentence of a batch"),
                (name == OpenNmtNames.SourcePositions ? Width("components of a token vector", EmbeddingWidthOrigin(isSource: true)) : Width("components of a token vector", EmbeddingWidthOrigin(isSource: false)))]);
        if (name.Contains(OpenNmtNames.Embeddings, StringComparison.Ordinal))
            return Embedding(name);
        if (name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal))
            return Generator(name);
        if (OpenNmtNames.TryParseLayer(name, OpenNmtNames.EncoderLayers, out var layer, out var rest))
            return LayerTensor(rest, view, Invariant($"encoder layer {layer}"));
        if (OpenNmtNames.TryParseLayer(name, OpenNmtNames.DecoderLayers, out layer, out rest))
            return LayerTensor(rest, view, Invariant($"decoder layer {layer}"));
        if (name.Contains("layer_norm", StringComparison.Ordinal))
            return Norm(name, name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal) ? "after the last encoder layer" : "after the last decoder layer");
        return ("", "not a tensor that OpenNMT-py's Transformer has", []);
    }

    private string Option(string name) => Invariant($"{name} {checkpoint.Options.Integer(name)}");

    private (string, string, (string, string)[]) Embedding(string name)
    {
        var isSource = name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal);
        var side = isSource ? "source" : "target";
        if (name is OpenNmtNames.SourceEmbedding or OpenNmtNames.TargetEmbedding)
            return ($"{side} embedding", $"a vector for each {side} token", [
                ($"vocabulary of the {side} side: one row a token", VocabularyOrigin(isSource)),
                Width("components of a token vector", Option(isSource ? "src_word_vec_size" : "tgt_word_vec_size") + " (or word_vec_size, for both sides)")]);
        if (OpenNmtNames.IsEmbedding(name))
            return ("feature embedding", "a vector for each value of a source feature", [
                ("vocabulary of the feature: one row a value", "the feature's vocabulary (vocab.src_feats)"),
                ("components of a feature vector", config.FeatureMerge == FeatureMerge.Sum ? "word_vec_size, because feat_merge is sum" : "feat_vec_size, else vocabulary ^ feat_vec_exponent")]);
        return name.EndsWith("bias", StringComparison.Ordinal)
            ? ("feature projection, bias", "added after word and features are projected", [Width("components of the merged vector", "word_vec_size")])
            : ("feature projection", "merges word and feature vectors (feat_merge mlp)", [
                Width("components of the merged vector", "word_vec_size"),
                ("word and feature vectors side by side", "word_vec_size and the features' widths")]);
    }

    private (string, string, (string, string)[]) Generator(string name)
    {
        var vocabulary = ("vocabulary of the target side: one logit a token", VocabularyOrigin(isSource: false));
        if (name.Contains("linear_copy", StringComparison.Ordinal))
        {
            var gate = ("a single gate", "always 1: how much is copied");
            return name.EndsWith("bias", StringComparison.Ordinal) ? ("copy gate, bias", "shifts the copy gate", [gate]) : ("copy gate", "decides how much is copied from the source", [gate, ModelWidth()]);
        }

        return name.EndsWith("bias", StringComparison.Ordinal)
            ? ("output projection, bias", "added to the logits", [vocabulary])
            : ("output projection", config.SharesGenerator ? "decoder states to logits; its weight is the target embedding" : "decoder states to logits", [vocabulary, ModelWidth()]);
    }

    private (string, string, (string, string)[]) LayerTensor(string rest, TensorView view, string where)
    {
        if (rest.StartsWith("self_attn.gating_layer", StringComparison.Ordinal))
            return AverageGate(rest, where);
        if (rest.StartsWith("self_attn.average_layer", StringComparison.Ordinal))
            return FeedForward(rest["self_attn.average_layer.".Length..], view, where + ", average attention");
        if (rest.StartsWith("self_attn.", StringComparison.Ordinal))
            return AttentionTensor(rest["self_attn.".Length..], "self-attention", where);
        if (rest.StartsWith("context_attn.", StringComparison.Ordinal))
            return AttentionTensor(rest["context_attn.".Length..], "cross-attention", where);
        if (rest.StartsWith("feed_forward.gate", StringComparison.Ordinal))
            return ("gate of the experts", $"chooses the experts of a token ({where})", [("experts: one score each", "num_experts"), ModelWidth()]);
        if (rest.StartsWith("feed_forward.experts.", StringComparison.Ordinal))
            return FeedForward(rest[(rest.IndexOf('.', "feed_forward.experts.".Length) + 1)..], view, where + ", expert " + rest["feed_forward.experts.".Length..].Split('.')[0]);
        if (rest.StartsWith("feed_forward.", StringComparison.Ordinal))
            return FeedForward(rest["feed_forward.".Length..], view, where);
        return rest.Contains("layer_norm", StringComparison.Ordinal) ? Norm(rest, NormPlace(rest, where)) : ("", "not a tensor that OpenNMT-py's layers have", []);
    }

    private static string NormPlace(string rest, string where) => rest.Split('.')[0] switch
    {
        "layer_norm_1" => $"in front of the self-attention of {where}",
        "layer_norm_2" => $"in front of the cross-attention of {where}",
        "layer_norm_res" => $"in front of the parallel feed-forward of {where}",
        _ => $"in front of the self-attention of {where}",
    };

    private (string, string, (string, string)[]) AverageGate(string rest, string where)
    {
        var gates = ("input gate and forget gate side by side", $"2 x hidden_size {config.ModelWidth}");
        return rest.EndsWith("bias", StringComparison.Ordinal)
            ? ("average attention gate, bias", $"shifts the gates ({where})", [gates])
            : ("average attention gate", $"gates between a token and the running average ({where})", [gates, ("token and average side by side", $"2 x hidden_size {config.ModelWidth}")]);
    }

    private (string, string, (string, string)[]) AttentionTensor(string rest, string kind, string where)
    {
        if (rest.StartsWith("relative_positions_embeddings", StringComparison.Ordinal))
            return ("relative position vectors", $"a vector for each distance, for keys and values ({where})", [
                ("distances from -m to m", Invariant($"2 x max_relative_positions {config.MaximumRelativePosition} + 1")),
                ("components of one head", Invariant($"hidden_size {config.ModelWidth} / heads {config.HeadCount}"))]);
        if (rest.StartsWith("relative_attention_bias", StringComparison.Ordinal))
            return ("relative position bias", $"a number for each bucket of distances and head ({where})", [
                ("buckets of distances", "relative_positions_buckets"), ("heads", "heads")]);
        var (paper, role, isKeyOrValue, isOutput) = rest.Split('.')[0] switch
        {
            "linear_query" => ("queries (W^Q)", "what a position asks for", false, false),
            "linear_keys" => ("keys (W^K)", "what a position offers to be found by", true, false),
            "linear_values" => ("values (W^V)", "what a position hands over", true, false),
            "final_linear" => ("output (W^O)", "joins the heads", false, true),
            _ => ("", "", false, false),
        };
        if (paper.Length == 0)
            return ("", $"not a tensor that OpenNMT-py's {kind} has", []);
        var heads = isKeyOrValue && config.KeyValueHeadCount != config.HeadCount
            ? ("key and value heads x components of a head", Invariant($"num_kv {config.KeyValueHeadCount} x {config.HeadWidth}"))
            : ("heads x components of a head, side by side", Invariant($"heads {config.HeadCount} x {config.HeadWidth} = hidden_size"));
        var described = ($"{kind}, {paper}", $"{role} ({where})");
        if (rest.EndsWith("bias", StringComparison.Ordinal))
            return (described.Item1 + ", bias", described.Item2, [isOutput ? ModelWidth() : heads]);
        return (described.Item1, described.Item2, isOutput ? [ModelWidth(), heads] : [heads, ModelWidth()]);
    }

    private (string, string, (string, string)[]) FeedForward(string rest, TensorView view, string where)
    {
        if (rest.Contains("layer_norm", StringComparison.Ordinal))
            return Norm(rest, $"in front of the feed-forward of {where}");
        var inner = ("inner width of the feed-forward", Invariant($"transformer_ff {config.FeedForwardWidth}{(config.ModelWidth > 0 ? Invariant($", {(double)config.FeedForwardWidth / config.ModelWidth:0.##} x the width") : "")}"));
        var (paper, role, isOuter) = rest.Split('.')[0] switch
        {
            "w_1" => ("feed-forward, W_1", "widens", false),
            "w_2" => ("feed-forward, W_2", "narrows back", true),
            "w_3" => ("feed-forward, gate (W_3)", "gates the widened values", false),
            _ => ("", "", false),
        };
        if (paper.Length == 0)
            return ("", "not a tensor that OpenNMT-py's feed-forward has", []);
        if (view.Rank == 1)
            return (paper + ", bias", $"{role} ({where})", [isOuter ? ModelWidth() : inner]);
        return (paper, $"{role} ({where})", isOuter ? [ModelWidth(), inner] : [inner, ModelWidth()]);
    }

    private (string, string, (string, string)[]) Norm(string name, string place) =>
        name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("b_2", StringComparison.Ordinal)
            ? ("norm, bias", $"shifts each component {place}", [ModelWidth()])
            : ("norm, gain", $"scales each component {place}", [ModelWidth()]);

    private static (string, string) Width(string meaning, string origin) => (meaning, origin);

    private (string, string) ModelWidth() => ("components of a state: the model's width", Invariant($"hidden_size {config.ModelWidth}"));

    private string EmbeddingWidthOrigin(bool isSource) =>
        isSource && config.FeatureCount > 0 && config.FeatureMerge == FeatureMerge.Concatenate ? "word_vec_size and the features' widths, side by side" : "word_vec_size";

    private string VocabularyOrigin(bool isSource)
    {
        var option = isSource ? "src_vocab_size" : "tgt_vocab_size";
        var tokens = isSource ? checkpoint.Vocabularies?.Source : checkpoint.Vocabularies?.Target;
        var multiple = checkpoint.Options.Integer("vocab_size_multiple");
        var padded = multiple > 1 ? Invariant($", padded to a multiple of vocab_size_multiple {multiple}") : "";
        return tokens is null ? $"the vocabulary (at most {option})" : Invariant($"the {tokens.Count} tokens of vocab (at most {option} {checkpoint.Options.Integer(option)}){padded}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
