using Galvani.Checkpoints;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.OpenNmt;

/// <summary>Makes the weights of encoder and decoder from a checkpoint's tensors. Nothing is read or packed here: that happens when a weight is first used.</summary>
internal sealed class TransformerBinding
{
    private readonly OpenNmtCheckpoint checkpoint;
    private readonly ModelConfig config;
    private readonly WeightBinder binder;

    private TransformerBinding(OpenNmtCheckpoint checkpoint, ModelConfig config, ProductFormat format) =>
        (this.checkpoint, this.config, binder) = (checkpoint, config, new WeightBinder(checkpoint, format));

    /// <summary>Binds a whole model.</summary>
    /// <param name="checkpoint">The tensors.</param>
    /// <param name="config">What they make up.</param>
    /// <param name="format">How projections are held.</param>
    /// <returns>Encoder and decoder; a language model has no encoder.</returns>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    /// <exception cref="UnsupportedCheckpointException">Options do not fit together; all that do not are named.</exception>
    public static (EncoderWeights? Encoder, DecoderWeights Decoder) Bind(OpenNmtCheckpoint checkpoint, ModelConfig config, ProductFormat format)
    {
        ForwardPassRequirements.Check(checkpoint, config, format);
        var binding = new TransformerBinding(checkpoint, config, format);
        var isTranslation = config.Task == ModelTask.SequenceToSequence;
        var encoderParts = isTranslation ? binding.TakeEncoder() : default;
        var decoderParts = binding.TakeDecoder();
        binding.binder.Complete(OpenNmtNames.Encoder, OpenNmtNames.Decoder, OpenNmtNames.Generator);
        var (encoder, decoder) = (isTranslation ? binding.Encoder(encoderParts) : null, binding.Decoder(decoderParts));
        PackedModel.CheckStored(checkpoint, format, [.. encoder is null ? [] : Projections.Of(encoder), .. Projections.Of(decoder)]);
        return (encoder, decoder);
    }

    /// <summary>Binds the encoder alone, for files that hold no more.</summary>
    /// <param name="checkpoint">The tensors.</param>
    /// <param name="config">What they make up.</param>
    /// <param name="format">How projections are held.</param>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    /// <exception cref="UnsupportedCheckpointException">Options do not fit together; all that do not are named.</exception>
    public static EncoderWeights BindEncoder(OpenNmtCheckpoint checkpoint, ModelConfig config, ProductFormat format)
    {
        ForwardPassRequirements.Check(checkpoint, config, format);
        var binding = new TransformerBinding(checkpoint, config, format);
        var parts = binding.TakeEncoder();
        binding.binder.Complete(OpenNmtNames.Encoder);
        var encoder = binding.Encoder(parts);
        PackedModel.CheckStored(checkpoint, format, [.. Projections.Of(encoder)]);
        return encoder;
    }

    private (List<EncoderLayerWeights> Layers, Norm FinalNorm) TakeEncoder()
    {
        TakeEmbedding(OpenNmtNames.SourceEmbedding, OpenNmtNames.SourcePositions, checkpoint.Vocabularies?.Source?.Count, config.FeatureCount);
        var layers = new List<EncoderLayerWeights>();
        for (var layer = 0; layer < config.EncoderLayerCount; layer++)
        {
            var prefix = OpenNmtNames.EncoderLayer(layer);
            layers.Add(new EncoderLayerWeights
            {
                AttentionNorm = binder.TakeNorm(prefix + OpenNmtNames.Norm, config),
                Attention = TakeSelfAttention(prefix + OpenNmtNames.SelfAttention),
                FeedForward = TakeFeedForward(prefix + OpenNmtNames.FeedForward),
            });
        }

        return (layers, binder.TakeNorm(OpenNmtNames.EncoderNorm, config));
    }

    private (List<DecoderLayerWeights> Layers, Norm FinalNorm, Linear Generator, Linear? CopyGate) TakeDecoder()
    {
        var rowCount = checkpoint.Vocabularies?.Target?.Count ?? WeightBinder.AnySize;
        var isShared = config.SharesEmbeddings && checkpoint.Find(OpenNmtNames.TargetEmbedding) is null;
        TakeEmbedding(isShared ? OpenNmtNames.SourceEmbedding : OpenNmtNames.TargetEmbedding, OpenNmtNames.TargetPositions, checkpoint.Vocabularies?.Target?.Count, featureCount: 0);
        var layers = new List<DecoderLayerWeights>();
        for (var layer = 0; layer < config.DecoderLayerCount; layer++)
            layers.Add(TakeDecoderLayer(OpenNmtNames.DecoderLayer(layer)));
        var norm = binder.TakeNorm(OpenNmtNames.DecoderNorm, config);
        return config.IsCopyModel
            ? (layers, norm, binder.TakeLinear(OpenNmtNames.CopyGenerator, rowCount, config.ModelWidth, hasBias: true), binder.TakeGate(OpenNmtNames.Weight(OpenNmtNames.CopyGate), OpenNmtNames.Bias(OpenNmtNames.CopyGate), 1, config.ModelWidth))
            : (layers, norm, TakeGenerator(rowCount), null);
    }

    /// <summary>The output projection; where the file lacks its weight and the options say that it is the target's embedding, it is.</summary>
    private Linear TakeGenerator(long rowCount)
    {
        var isShared = config.SharesGenerator && checkpoint.Find(OpenNmtNames.GeneratorWeight) is null;
        var embedding = config.SharesEmbeddings && checkpoint.Find(OpenNmtNames.TargetEmbedding) is null ? OpenNmtNames.SourceEmbedding : OpenNmtNames.TargetEmbedding;
        var weight = binder.Take(isShared ? embedding : OpenNmtNames.GeneratorWeight, rowCount, config.ModelWidth);
        return binder.Stack([weight], [binder.Take(OpenNmtNames.GeneratorBias, rowCount)], Importance.High);
    }

    private DecoderLayerWeights TakeDecoderLayer(string prefix)
    {
        var isTranslation = config.Task == ModelTask.SequenceToSequence;
        // A parallel layer of a translation model has norms that nothing reads: all three branches read the first one.
        var usesParallelNorm = config.IsParallelResidual && !config.SharesLayerNorm && !isTranslation;
        var usesCrossNorm = isTranslation && !config.IsParallelResidual;
        if (isTranslation && config.IsParallelResidual)
        {
            binder.Ignore(prefix + OpenNmtNames.CrossAttentionNorm);
            binder.Ignore(prefix + OpenNmtNames.ParallelNorm);
        }

        return new DecoderLayerWeights
        {
            SelfAttentionNorm = binder.TakeNorm(prefix + OpenNmtNames.SelfAttentionNorm, config),
            SelfAttention = config.IsAverageAttention ? null : TakeSelfAttention(prefix + OpenNmtNames.SelfAttention),
            AverageAttention = config.IsAverageAttention ? TakeAverageAttention(prefix + OpenNmtNames.SelfAttention) : null,
            CrossAttentionNorm = usesCrossNorm ? binder.TakeNorm(prefix + OpenNmtNames.CrossAttentionNorm, config) : null,
            CrossAttention = isTranslation ? TakeAttention(prefix + OpenNmtNames.CrossAttention, Importance.Usual, keyValueImportance: Importance.Raised) : null,
            ParallelNorm = usesParallelNorm ? binder.TakeNorm(prefix + OpenNmtNames.ParallelNorm, config) : null,
            FeedForward = config.ExpertCount > 0 ? null : TakeFeedForward(prefix + OpenNmtNames.FeedForward),
            Experts = config.ExpertCount > 0 ? TakeExperts(prefix + OpenNmtNames.FeedForward) : null,
        };
    }

    /// <summary>An attention with what its scheme adds for distances.</summary>
    private AttentionWeights TakeSelfAttention(string prefix) => TakeAttention(prefix, Importance.High, keyValueImportance: Importance.High) with
    {
        DistanceVectors = config.Positions == PositionScheme.Shaw ? binder.TakeParameter(prefix + OpenNmtNames.DistanceVectors, 2L * config.MaximumRelativePosition + 1, config.HeadWidth) : null,
        BucketBiases = config.Positions == PositionScheme.BucketBias ? binder.TakeParameter(prefix + OpenNmtNames.BucketBiases, config.RelativeBucketCount, config.HeadCount) : null,
    };

    private AttentionWeights TakeAttention(string prefix, Importance importance, Importance keyValueImportance)
    {
        var (d, keyValueWidth) = (config.ModelWidth, config.KeyValueHeadCount * config.HeadWidth);
        var query = binder.Take(OpenNmtNames.Weight(prefix + OpenNmtNames.Query), d, d);
        var key = binder.Take(OpenNmtNames.Weight(prefix + OpenNmtNames.Key), keyValueWidth, d);
        var value = binder.Take(OpenNmtNames.Weight(prefix + OpenNmtNames.Value), keyValueWidth, d);
        var hasBias = config.HasAttentionBias;
        var queryBias = hasBias ? binder.Take(OpenNmtNames.Bias(prefix + OpenNmtNames.Query), d) : null;
        var keyBias = hasBias ? binder.Take(OpenNmtNames.Bias(prefix + OpenNmtNames.Key), keyValueWidth) : null;
        var valueBias = hasBias ? binder.Take(OpenNmtNames.Bias(prefix + OpenNmtNames.Value), keyValueWidth) : null;
        return new AttentionWeights
        {
            Query = binder.Stack([query], hasBias ? [queryBias] : [], importance),
            KeyValue = binder.Stack([key, value], hasBias ? [keyBias, valueBias] : [], keyValueImportance),
            QueryKeyValue = binder.Stack([query, key, value], hasBias ? [queryBias, keyBias, valueBias] : [], importance),
            Output = binder.TakeLinear(prefix + OpenNmtNames.AttentionOutput, d, d, hasBias, importance),
        };
    }

    private AverageAttentionWeights TakeAverageAttention(string prefix) => new()
    {
        Gates = binder.TakeLinear(prefix + OpenNmtNames.AverageGates, 2L * config.ModelWidth, 2L * config.ModelWidth, hasBias: true),
        Transform = config.AverageAttentionHasFeedForward ? TakeAverageTransform(prefix + OpenNmtNames.AverageTransform) : null,
    };

    /// <summary>The block of a running average is always the plain one, whatever the options: layer norm with the default epsilon, biases, relu.</summary>
    private FeedForwardWeights TakeAverageTransform(string prefix) => new()
    {
        Norm = binder.TakeNorm(prefix + OpenNmtNames.Norm, config with { Norm = config.Norm == NormKind.Unbiased ? NormKind.Unbiased : NormKind.Standard, NormEpsilon = 1e-6f }),
        Inner = binder.TakeLinear(prefix + OpenNmtNames.Inner, config.ModelWidth, config.ModelWidth, hasBias: true),
        Output = binder.TakeLinear(prefix + OpenNmtNames.Outer, config.ModelWidth, config.ModelWidth, hasBias: true),
        Activation = ElementFunction.Relu,
    };

    private FeedForwardWeights TakeFeedForward(string prefix)
    {
        var (d, f, hasBias) = (config.ModelWidth, config.FeedForwardWidth, config.HasFeedForwardBias);
        return new FeedForwardWeights
        {
            Norm = config.IsParallelResidual ? null : binder.TakeNorm(prefix + OpenNmtNames.Norm, config),
            Inner = binder.TakeLinear(prefix + OpenNmtNames.Inner, f, d, hasBias),
            Gate = config.Activation is Activation.Silu or Activation.GatedGelu ? binder.TakeLinear(prefix + OpenNmtNames.InnerGate, f, d, hasBias) : null,
            Output = binder.TakeLinear(prefix + OpenNmtNames.Outer, d, f, hasBias),
            Activation = config.Activation switch
            {
                Activation.Relu => ElementFunction.Relu,
                Activation.Silu => ElementFunction.Silu,
                _ => ElementFunction.Gelu,
            },
        };
    }

    private ExpertsWeights TakeExperts(string prefix) => new()
    {
        Gate = binder.TakeGate(prefix + OpenNmtNames.ExpertGate, bias: null, config.ExpertCount, config.ModelWidth),
        Experts = [.. Enumerable.Range(0, config.ExpertCount).Select(expert => TakeFeedForward(prefix + OpenNmtNames.Expert(expert)))],
        ExpertsPerToken = config.ExpertsPerToken,
    };

    /// <summary>Checks an embedding's tensors; the layer itself is made once everything fits.</summary>
    private void TakeEmbedding(string words, string positions, int? tokenCount, int featureCount)
    {
        var isSide = featureCount > 0 && config.FeatureMerge != FeatureMerge.Sum;
        binder.Take(words, tokenCount ?? WeightBinder.AnySize, isSide ? WeightBinder.AnySize : config.ModelWidth);
        for (var feature = 1; feature <= featureCount; feature++)
            binder.Take(OpenNmtNames.SourceFeature(feature), checkpoint.Vocabularies?.SourceFeatures[feature - 1].Count ?? WeightBinder.AnySize, isSide ? WeightBinder.AnySize : config.ModelWidth);
        if (isSide && config.FeatureMerge == FeatureMerge.Projection)
        {
            binder.Take(OpenNmtNames.FeatureProjection, config.ModelWidth, SideBySideWidth(words, featureCount));
            binder.Take(OpenNmtNames.FeatureProjectionBias, config.ModelWidth);
        }

        if (config.HasPositionalTable)
            binder.Take(positions, WeightBinder.AnySize, 1, config.ModelWidth);
    }

    private long SideBySideWidth(string words, int featureCount) =>
        Enumerable.Range(1, featureCount).Select(OpenNmtNames.SourceFeature).Prepend(words)
            .Sum(name => checkpoint.Find(name)?.View is { Rank: 2 } view ? view.Shape[1] : 0);

    private EncoderWeights Encoder((List<EncoderLayerWeights> Layers, Norm FinalNorm) parts)
    {
        var embedding = EmbeddingBinding.Source(checkpoint, config);
        if (embedding.Width != config.ModelWidth)
            throw new WeightMismatchException($"word and features side by side have width {embedding.Width}, expected {config.ModelWidth} (from option hidden_size) ({checkpoint.Checkpoint.FilePath})");
        return new EncoderWeights { Embedding = embedding, Layers = parts.Layers, FinalNorm = parts.FinalNorm };
    }

    private DecoderWeights Decoder((List<DecoderLayerWeights> Layers, Norm FinalNorm, Linear Generator, Linear? CopyGate) parts) => new()
    {
        Embedding = EmbeddingBinding.Target(checkpoint, config),
        Layers = parts.Layers,
        FinalNorm = parts.FinalNorm,
        Generator = parts.Generator,
        CopyGate = parts.CopyGate,
    };
}
