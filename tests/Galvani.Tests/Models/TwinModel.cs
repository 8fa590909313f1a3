using Galvani.Checkpoints;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models;

/// <summary>
/// The Transformer in double precision, one sentence at a time, straight from the checkpoint's tensors by their OpenNMT-py names: written for clarity, with full score matrices and masks. It is the
/// specification where no golden file is.
/// </summary>
internal sealed class TwinModel(OpenNmtCheckpoint checkpoint, ModelConfig config)
{
    private const double Masked = -1e18;
    private const int PaddingId = 1;

    private int D => config.ModelWidth;

    private int K => config.HeadWidth;

    /// <summary>[S][D], the encoder's states.</summary>
    public double[][] Encode(Sentence sentence)
    {
        var x = Embed("encoder", sentence.Ids, sentence.Features);
        for (var layer = 0; layer < config.EncoderLayerCount; layer++)
        {
            var name = $"encoder.transformer.{layer}.";
            var n = Norm(name + "layer_norm", x);
            var c = SelfAttention(name + "self_attn.", n, (_, _) => true, isBidirectional: true);
            var u = Add(x, c);
            x = Add(u, config.IsParallelResidual ? FeedForward(name + "feed_forward.", n) : FeedForward(name + "feed_forward.", Norm(name + "feed_forward.layer_norm", u)));
        }

        return Norm("encoder.layer_norm", x);
    }

    /// <summary>[T][V], the log-probabilities of the token after each token; of a copy model [T][V + new tokens of the source].</summary>
    public double[][] LogProbabilities(double[][]? encoded, int[] tokens, IReadOnlyList<string>? source = null)
    {
        var x = Embed("decoder", tokens, []);
        double[][] attention = [];
        for (var layer = 0; layer < config.DecoderLayerCount; layer++)
            (x, attention) = DecoderLayer($"decoder.transformer_layers.{layer}.", x, encoded, tokens);
        x = Norm("decoder.layer_norm", x);
        if (config.IsCopyModel)
            return [.. x.Select((state, t) => CopyLogProbabilities(state, attention[t], source!))];
        return [.. Linear("generator", x).Select(row => LogSoftMax(row))];
    }

    private (double[][] States, double[][] FirstHead) DecoderLayer(string name, double[][] x, double[][]? encoded, int[] tokens)
    {
        var n = Norm(name + "layer_norm_1", x);
        var u = Add(x, config.IsAverageAttention ? Average(name + "self_attn.", n) : SelfAttention(name + "self_attn.", n, Sees(tokens), isBidirectional: false));
        double[][] firstHead = [];
        if (encoded is not null)
        {
            double[][] c;
            (c, firstHead) = Attention(name + "context_attn.", config.IsParallelResidual ? n : Norm(name + "layer_norm_2", u), encoded, (_, _, _) => 0, null, (_, _) => true);
            u = Add(u, c);
        }

        if (config.IsParallelResidual)
        {
            var parallel = encoded is null && !config.SharesLayerNorm ? Norm(name + "layer_norm_res", x) : n;
            return (Add(u, FeedForward(name + "feed_forward.", parallel)), firstHead);
        }

        if (config.ExpertCount > 0)
            return ([.. u.Select(row => Experts(name + "feed_forward.", row))], firstHead);
        return (Add(u, FeedForward(name + "feed_forward.", Norm(name + "feed_forward.layer_norm", u))), firstHead);
    }

    private Func<int, int, bool> Sees(int[] tokens) => (i, j) =>
        j <= i && tokens[j] != PaddingId && (config.SlidingWindow == 0 || j >= i - config.SlidingWindow);

    private double[][] Embed(string side, int[] ids, IReadOnlyList<int[]> features)
    {
        var prefix = side + ".embeddings.make_embedding.";
        var words = Rows(prefix + "emb_luts.0.weight");
        var rows = ids.Select((id, s) =>
        {
            var parts = features.Select((feature, f) => Rows($"{prefix}emb_luts.{f + 1}.weight")[feature[s]]).Prepend(words[id]).ToArray();
            return features.Count > 0 && config.FeatureMerge == FeatureMerge.Sum ? parts.Aggregate((a, b) => [.. a.Zip(b, (p, q) => p + q)]) : parts.SelectMany(part => part).ToArray();
        }).ToArray();
        if (features.Count > 0 && config.FeatureMerge == FeatureMerge.Projection)
            rows = Map(Linear(prefix + "mlp.0", rows), value => Math.Max(value, 0));
        if (!config.HasPositionalTable)
            return rows;
        var positions = Rows(prefix + "pe.pe");
        return [.. rows.Select((row, s) => row.Select((value, d) => value * Math.Sqrt(D) + positions[s][d]).ToArray())];
    }

    private double[][] SelfAttention(string name, double[][] n, Func<int, int, bool> sees, bool isBidirectional)
    {
        double Bias(int h, int i, int j) => config.Positions switch
        {
            PositionScheme.Alibi => -Math.Abs(j - i) * Slope(h),
            PositionScheme.BucketBias => Rows(name + "relative_attention_bias.weight")[Bucket(j - i, isBidirectional)][h],
            _ => 0,
        };
        var vectors = config.Positions == PositionScheme.Shaw ? Rows(name + "relative_positions_embeddings.weight") : null;
        return Attention(name, n, n, Bias, vectors, sees).Output;
    }

    private (double[][] Output, double[][] FirstHead) Attention(string name, double[][] queries, double[][] keys, Func<int, int, int, double> bias, double[][]? vectors, Func<int, int, bool> sees)
    {
        var (q, k, v) = (Linear(name + "linear_query", queries), Linear(name + "linear_keys", keys), Linear(name + "linear_values", keys));
        if (ReferenceEquals(queries, keys) && config.Positions == PositionScheme.Rotary)
            (q, k) = (Rotate(q), Rotate(k));
        var m = config.MaximumRelativePosition;
        var (context, firstHead) = (new double[queries.Length][], new double[queries.Length][]);
        for (var i = 0; i < queries.Length; i++)
        {
            context[i] = new double[D];
            var isBlind = !Enumerable.Range(0, keys.Length).Any(j => sees(i, j));
            for (var h = 0; h < config.HeadCount; h++)
            {
                var g = h * config.KeyValueHeadCount / config.HeadCount;
                double[]? Vector(int j) => vectors?[Math.Clamp(j - i, -m, m) + m];
                var weights = LogSoftMax([.. Enumerable.Range(0, keys.Length).Select(j => isBlind || sees(i, j)
                    ? Enumerable.Range(0, K).Sum(c => q[i][h * K + c] / Math.Sqrt(K) * (k[j][g * K + c] + (Vector(j)?[c] ?? 0))) + bias(h, i, j)
                    : Masked)]).Select(value => Math.Exp(value)).ToArray();
                if (h == 0)
                    firstHead[i] = weights;
                for (var c = 0; c < K; c++)
                    context[i][h * K + c] = weights.Select((weight, j) => weight * (v[j][g * K + c] + (Vector(j)?[c] ?? 0))).Sum();
            }
        }

        return (Linear(name + "final_linear", context), firstHead);
    }

    private double[][] Rotate(double[][] x)
    {
        var width = config.RotaryWidth == 0 ? K : config.RotaryWidth;
        return [.. x.Select((row, position) =>
        {
            var result = (double[])row.Clone();
            for (var i = 0; i < row.Length / K * (width / 2); i++)
            {
                var (head, pair) = (i / (width / 2) * K, i % (width / 2));
                var (a, b) = config.RotaryInterleaved ? (head + 2 * pair, head + 2 * pair + 1) : (head + pair, head + pair + width / 2);
                var angle = position * Math.Pow(config.RotaryBase, -2.0 * pair / width);
                (result[a], result[b]) = (row[a] * Math.Cos(angle) - row[b] * Math.Sin(angle), row[b] * Math.Cos(angle) + row[a] * Math.Sin(angle));
            }

            return result;
        })];
    }

    private double Slope(int h)
    {
        var power = (int)Math.Pow(2, Math.Floor(Math.Log2(config.HeadCount)));
        return h < power ? Math.Pow(2, -8.0 * (h + 1) / power) : Math.Pow(2, -8.0 * (2 * (h - power) + 1) / (2 * power));
    }

    private int Bucket(int distance, bool isBidirectional)
    {
        var n = isBidirectional ? config.RelativeBucketCount / 2 : config.RelativeBucketCount;
        var offset = isBidirectional && distance > 0 ? n : 0;
        var r = isBidirectional ? Math.Abs(distance) : Math.Max(-distance, 0);
        var exact = n / 2;
        if (r < exact)
            return offset + r;
        return offset + Math.Min(n - 1, exact + (int)(Math.Log((double)r / exact) / Math.Log((double)config.MaximumRelativePosition / exact) * (n - exact) + 1e-9));
    }

    private double[][] Average(string name, double[][] n)
    {
        var a = n.Select((_, t) => Enumerable.Range(0, D).Select(d => n.Take(t + 1).Average(row => row[d])).ToArray()).ToArray();
        if (config.AverageAttentionHasFeedForward)
        {
            var inner = Map(Linear(name + "average_layer.w_1", Normalize(name + "average_layer.layer_norm", a, NormKind.Standard, 1e-6)), value => Math.Max(value, 0));
            a = Add(a, Linear(name + "average_layer.w_2", inner));
        }

        var gates = Map(Linear(name + "gating_layer", [.. n.Zip(a, (x, y) => x.Concat(y).ToArray())]), value => 1 / (1 + Math.Exp(-value)));
        return [.. n.Select((row, t) => row.Select((value, d) => gates[t][d] * value + gates[t][D + d] * a[t][d]).ToArray())];
    }

    private double[][] FeedForward(string name, double[][] n)
    {
        if (config.ExpertCount > 0 && name.StartsWith("decoder", StringComparison.Ordinal) && !name.Contains("experts", StringComparison.Ordinal))
            return [.. n.Select(row => Experts(name, row))];
        var inner = Map(Linear(name + "w_1", n), value => config.Activation switch
        {
            Activation.Relu => Math.Max(value, 0),
            Activation.Silu => value / (1 + Math.Exp(-value)),
            _ => value / 2 * (1 + ErrorFunction(value / Math.Sqrt(2))),
        });
        if (config.Activation is Activation.Silu or Activation.GatedGelu)
            inner = [.. inner.Zip(Linear(name + "w_3", n), (a, b) => a.Zip(b, (p, q) => p * q).ToArray())];
        return Linear(name + "w_2", inner);
    }

    private double[] Experts(string name, double[] x)
    {
        var gates = Linear(name + "gate", [x])[0];
        var chosen = Enumerable.Range(0, gates.Length).OrderByDescending(e => gates[e]).ThenBy(e => e).Take(config.ExpertsPerToken).ToArray();
        var shares = LogSoftMax([.. chosen.Select(e => gates[e])]).Select(value => Math.Exp(value)).ToArray();
        var result = new double[D];
        for (var i = 0; i < chosen.Length; i++)
        {
            var expert = $"{name}experts.{chosen[i]}.";
            var y = config.IsParallelResidual ? FeedForward(expert, [x])[0] : Add([x], FeedForward(expert, Norm(expert + "layer_norm", [x])))[0];
            for (var d = 0; d < D; d++)
                result[d] += shares[i] * y[d];
        }

        return result;
    }

    /// <summary>See et al. 2017 as OpenNMT-py has it: produce or copy, copies of known tokens added to what is produced.</summary>
    private double[] CopyLogProbabilities(double[] state, double[] attention, IReadOnlyList<string> words)
    {
        var tokens = checkpoint.Vocabularies!.Target!;
        var logits = Linear("generator.linear", [state])[0];
        logits[PaddingId] = double.NegativeInfinity;
        var produced = LogSoftMax(logits).Select(value => Math.Exp(value)).ToArray();
        var copy = 1 / (1 + Math.Exp(-Linear("generator.linear_copy", [state])[0][0]));
        var added = words.Where(word => !tokens.Contains(word)).Distinct().ToList();
        var result = new double[produced.Length + added.Count];
        for (var id = 0; id < produced.Length; id++)
            result[id] = produced[id] * (1 - copy);
        for (var s = 0; s < words.Count; s++)
        {
            var known = tokens.ToList().IndexOf(words[s]);
            result[known >= 0 ? known : produced.Length + added.IndexOf(words[s])] += copy * attention[s];
        }

        return [.. result.Select(value => Math.Log(value))];
    }

    private double[][] Norm(string name, double[][] x) => Normalize(name, x, config.Norm, config.NormEpsilon);

    private double[][] Normalize(string name, double[][] x, NormKind kind, double epsilon)
    {
        var weight = Values(name + ".weight");
        var bias = kind == NormKind.Rms ? new double[D] : Values(name + ".bias");
        return [.. x.Select(row =>
        {
            var mean = kind == NormKind.Rms ? 0 : row.Average();
            var squares = row.Sum(value => (value - mean) * (value - mean));
            var scale = kind == NormKind.Unbiased ? 1 / (Math.Sqrt(squares / (row.Length - 1)) + epsilon) : 1 / Math.Sqrt(squares / row.Length + epsilon);
            return row.Select((value, d) => (value - mean) * scale * weight[d] + bias[d]).ToArray();
        })];
    }

    private double[][] Linear(string name, double[][] x)
    {
        var weight = Rows(name + ".weight");
        var bias = checkpoint.Find(name + ".bias") is null ? new double[weight.Length] : Values(name + ".bias");
        return [.. x.Select(row => weight.Select((w, n) => w.Zip(row, (a, b) => a * b).Sum() + bias[n]).ToArray())];
    }

    private double[] Values(string name) => [.. checkpoint.Require(name).ToSingles().Select(value => (double)value)];

    private double[][] Rows(string name)
    {
        var view = checkpoint.Require(name);
        return [.. Values(name).Chunk((int)(view.ElementCount / view.Shape[0]))];
    }

    private static double[][] Add(double[][] left, double[][] right) => [.. left.Zip(right, (a, b) => a.Zip(b, (p, q) => p + q).ToArray())];

    private static double[][] Map(double[][] x, Func<double, double> function) => [.. x.Select(row => row.Select(value => function(value)).ToArray())];

    private static double[] LogSoftMax(double[] row)
    {
        var maximum = row.Max();
        var logSum = Math.Log(row.Sum(value => Math.Exp(value - maximum)));
        return [.. row.Select(value => value - maximum - logSum)];
    }

    private static double ErrorFunction(double x)
    {
        if (Math.Abs(x) > 5)
            return Math.Sign(x);
        var (sum, term) = (x, x);
        for (var k = 1; k < 150; k++)
        {
            term *= -x * x / k;
            sum += term / (2 * k + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
