using System.Numerics.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>Where the keys of a query may stand.</summary>
internal enum AttentionDirection
{
    /// <summary>Before and behind it: an encoder.</summary>
    Both,

    /// <summary>Before it: a decoder.</summary>
    Past,
}

/// <summary>What self-attention adds for the distance between query and key (j - i). Immutable; may be used by many threads.</summary>
internal abstract class RelativePositions
{
    /// <summary>The scheme of an attention, or null where its scores do not depend on distances.</summary>
    /// <param name="config">The model.</param>
    /// <param name="weights">The attention's weights.</param>
    /// <param name="direction">Where keys may stand.</param>
    public static RelativePositions? Create(ModelConfig config, AttentionWeights weights, AttentionDirection direction) => config.Positions switch
    {
        PositionScheme.Alibi => new LinearBias(config.HeadCount),
        PositionScheme.BucketBias when weights.BucketBiases is { } biases => new BucketBias(config, biases, direction),
        PositionScheme.Shaw when weights.DistanceVectors is { } vectors => new DistanceVectors(config, vectors),
        _ => null,
    };

    /// <summary>Adds to the scores of one query row.</summary>
    /// <param name="query">[H, K], scaled already.</param>
    /// <param name="keys">N keys.</param>
    /// <param name="scores">[H, N].</param>
    public abstract void AddToScores(ReadOnlySpan<float> query, VisibleKeys keys, Span<float> scores);

    /// <summary>Adds to the context of one query row.</summary>
    /// <param name="weights">[H, N], after the soft-max.</param>
    /// <param name="keys">N keys.</param>
    /// <param name="context">[H, K].</param>
    public virtual void AddToContext(ReadOnlySpan<float> weights, VisibleKeys keys, Span<float> context)
    {
    }

    /// <summary>Alibi (Press et al. 2021): -|j - i| times a slope of the head.</summary>
    private sealed class LinearBias(int headCount) : RelativePositions
    {
        private readonly float[] slopes = Slopes(headCount);

        public override void AddToScores(ReadOnlySpan<float> query, VisibleKeys keys, Span<float> scores)
        {
            for (var h = 0; h < slopes.Length; h++)
            {
                for (var j = 0; j < keys.Count; j++)
                    scores[h * keys.Count + j] -= Math.Abs(keys.Positions[j] - keys.QueryPosition) * slopes[h];
            }
        }

        /// <summary>2^(-8n/H) for a power of two H; else those of the power below, then every other one of the power above.</summary>
        private static float[] Slopes(int headCount)
        {
            var power = 1;
            while (2L * power <= headCount)
                power *= 2;
            var slopes = new float[headCount];
            for (var n = 0; n < headCount; n++)
                slopes[n] = (float)(n < power ? Math.Pow(2, -8.0 * (n + 1) / power) : Math.Pow(2, -4.0 * (2 * (n - power) + 1) / power));
            return slopes;
        }
    }

    /// <summary>T5's biases (Raffel et al. 2020): one for each head and bucket of distances; buckets are single distances at first, then grow by a constant factor.</summary>
    private sealed class BucketBias(ModelConfig config, Parameter biases, AttentionDirection direction) : RelativePositions
    {
        private readonly bool isBidirectional = direction == AttentionDirection.Both;
        private readonly int sideBuckets = direction == AttentionDirection.Both ? config.RelativeBucketCount / 2 : config.RelativeBucketCount;

        public override void AddToScores(ReadOnlySpan<float> query, VisibleKeys keys, Span<float> scores)
        {
            var table = biases.Values; // [buckets, H]
            for (var j = 0; j < keys.Count; j++)
            {
                var bucketBiases = table.Slice(Bucket(keys.Positions[j] - keys.QueryPosition) * config.HeadCount, config.HeadCount); // [H]
                for (var h = 0; h < config.HeadCount; h++)
                    scores[h * keys.Count + j] += bucketBiases[h];
            }
        }

        private int Bucket(int distance)
        {
            var isBehind = isBidirectional && distance > 0;
            var size = isBidirectional ? Math.Abs(distance) : Math.Max(-distance, 0);
            return (isBehind ? sideBuckets : 0) + SideBucket(size);
        }

        private int SideBucket(int size)
        {
            var exactCount = sideBuckets / 2;
            if (size < exactCount)
                return size;
            // In single precision, as the model was trained: a distance on the edge of a bucket must fall on the same side.
            var growth = MathF.Log((float)size / exactCount) / (float)Math.Log((double)config.MaximumRelativePosition / exactCount) * (sideBuckets - exactCount);
            return (int)Math.Min(exactCount + (long)growth, sideBuckets - 1);
        }
    }

    /// <summary>Shaw's vectors (Shaw et al. 2018): one for each clipped distance, for keys and values alike.</summary>
    private sealed class DistanceVectors(ModelConfig config, Parameter vectors) : RelativePositions
    {
        public override void AddToScores(ReadOnlySpan<float> query, VisibleKeys keys, Span<float> scores)
        {
            var table = vectors.Values; // [2·M + 1, K], M = the largest distance
            for (var j = 0; j < keys.Count; j++)
            {
                var vector = table.Slice(Row(keys, j) * config.HeadWidth, config.HeadWidth); // [K]
                for (var h = 0; h < config.HeadCount; h++)
                    scores[h * keys.Count + j] += (float)Reductions.Dot(query.Slice(h * config.HeadWidth, config.HeadWidth), vector);
            }
        }

        public override void AddToContext(ReadOnlySpan<float> weights, VisibleKeys keys, Span<float> context)
        {
            var table = vectors.Values; // [2·M + 1, K], M = the largest distance
            for (var h = 0; h < config.HeadCount; h++)
            {
                var head = context.Slice(h * config.HeadWidth, config.HeadWidth); // [K]
                for (var j = 0; j < keys.Count; j++)
                {
                    var vector = table.Slice(Row(keys, j) * config.HeadWidth, config.HeadWidth); // [K]
                    TensorPrimitives.MultiplyAdd(vector, weights[h * keys.Count + j], head, head);
                }
            }
        }

        private int Row(VisibleKeys keys, int j) =>
            (int)Math.Clamp((long)keys.Positions[j] - keys.QueryPosition, -config.MaximumRelativePosition, config.MaximumRelativePosition) + config.MaximumRelativePosition;
    }
}
