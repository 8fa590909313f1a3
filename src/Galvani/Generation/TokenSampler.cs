using System.Numerics.Tensors;
using Galvani.Kernels;

namespace Galvani.Generation;

/// <summary>Draws one token from a row of log-probabilities. Memory is kept. One thread.</summary>
internal sealed class TokenSampler(SamplingOptions options)
{
    private const int FirstGuess = 64;
    private const int LargestSelection = 1024; // beyond, sorting is quicker than selecting

    private readonly float temperature = (float)options.Temperature;
    private float[] scaled = []; // [V]: log-probabilities over the temperature
    private float[] sorted = [];
    private int[] order = [];

    /// <summary>Makes room for rows of V tokens.</summary>
    public void Reset(int vocabularyCount)
    {
        if (scaled.Length == vocabularyCount)
            return;
        scaled = new float[vocabularyCount];
        sorted = new float[vocabularyCount];
        order = new int[vocabularyCount];
    }

    /// <summary>What a token adds to its path's sum: its log-probability over the temperature, not renormalised after truncation.</summary>
    public float Score(float logProbability) => temperature > 0 ? logProbability / temperature : logProbability;

    /// <summary>Draws.</summary>
    /// <param name="logProbabilities">[V].</param>
    /// <param name="stream">The sentence's random stream.</param>
    /// <param name="path">The path.</param>
    /// <param name="position">The position in the path.</param>
    /// <returns>The token; -1 where none has a probability.</returns>
    public int Draw(ReadOnlySpan<float> logProbabilities, long stream, int path, int position)
    {
        if (options.IsGreedy)
            return TopK.Select(logProbabilities, order.AsSpan(0, 1), sorted.AsSpan(0, 1)) == 0 ? -1 : order[0];
        TensorPrimitives.Divide(logProbabilities, temperature, scaled);
        var normalizer = LogSumExp.Of(scaled);
        if (!float.IsFinite(normalizer))
            return -1;
        // Both limits become one threshold: what is below it is not drawn, what equals it is.
        var threshold = options.TopProbability is > 0 and < 1 ? ProbabilityThreshold(normalizer) : float.NegativeInfinity;
        if (options.TopCount > 0 && options.TopCount < scaled.Length)
            threshold = Math.Max(threshold, Best(options.TopCount) is var found and > 0 ? sorted[found - 1] : threshold);
        return DrawAbove(threshold, normalizer, RandomStream.At(options.Seed, stream, path, position));
    }

    /// <summary>The least element of the smallest set of most likely tokens whose probabilities reach the limit together.</summary>
    private float ProbabilityThreshold(float normalizer)
    {
        for (var count = Math.Min(FirstGuess, scaled.Length); ; count = (int)Math.Min(4L * count, scaled.Length))
        {
            var found = Best(count);
            var sum = 0.0;
            for (var i = 0; i < found; i++)
            {
                sum += Math.Exp(sorted[i] - normalizer);
                if (sum >= options.TopProbability)
                    return sorted[i];
            }

            if (found < count || count == scaled.Length)
                return float.NegativeInfinity;
        }
    }

    /// <summary>Puts the largest elements into <see cref="sorted"/>, largest first.</summary>
    private int Best(int count)
    {
        if (count <= LargestSelection)
            return TopK.Select(scaled, order.AsSpan(0, count), sorted.AsSpan(0, count));
        TensorPrimitives.Negate(scaled, sorted);
        sorted.AsSpan().Sort();
        TensorPrimitives.Negate(sorted, sorted);
        return count;
    }

    private int DrawAbove(float threshold, float normalizer, double random)
    {
        var total = 0.0;
        foreach (var value in scaled)
            total += value >= threshold ? Math.Exp(value - normalizer) : 0;
        var (rest, last) = (random * total, -1);
        for (var token = 0; token < scaled.Length; token++)
        {
            if (!(scaled[token] >= threshold) || float.IsNegativeInfinity(scaled[token]))
                continue;
            last = token;
            rest -= Math.Exp(scaled[token] - normalizer);
            if (rest < 0)
                break;
        }

        return last;
    }
}
