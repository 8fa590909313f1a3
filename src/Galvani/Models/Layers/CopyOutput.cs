using System.Numerics.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>
/// The output that produces or copies (See et al. 2017), as OpenNMT-py's copy generator has it: p = (1 - z) · soft-max(W o + b) with padding left out, and z times the attention over the source's words. A word of the
/// target vocabulary gets both shares; other words of the sentence stand behind the vocabulary. Immutable.
/// </summary>
internal sealed class CopyOutput(Linear generator, Linear gate, int padding)
{
    /// <summary>The log-probabilities after one row.</summary>
    /// <param name="state">[D], after the final norm.</param>
    /// <param name="attention">[S], head 0 of the last cross-attention.</param>
    /// <param name="sentence">The source, with its <see cref="Sentence.CopyIds"/>.</param>
    /// <param name="logProbabilities">[V + words of the batch's sources that the vocabulary lacks], overwritten; minus infinity where nothing can come from.</param>
    /// <param name="workspace">Scratch.</param>
    public void LogProbabilities(ReadOnlySpan<float> state, ReadOnlySpan<float> attention, Sentence sentence, Span<float> logProbabilities, Workspace workspace)
    {
        Span<float> copyShare = stackalloc float[1];
        gate.Apply(state, ElementFunction.Sigmoid, copyShare, workspace);
        var produced = logProbabilities[..generator.OutputWidth]; // [V]
        generator.Apply(state, produced, workspace);
        if (padding < produced.Length)
            produced[padding] = float.NegativeInfinity;
        SoftMax.Rows(produced, produced.Length);
        TensorPrimitives.Multiply(produced, 1 - copyShare[0], produced);
        logProbabilities[produced.Length..].Clear();
        for (var s = 0; s < attention.Length; s++)
            logProbabilities[sentence.CopyIds[s]] += copyShare[0] * attention[s];
        for (var id = 0; id < logProbabilities.Length; id++)
            logProbabilities[id] = MathF.Log(logProbabilities[id]);
    }
}
