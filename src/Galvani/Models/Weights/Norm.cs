using Galvani.Kernels;

namespace Galvani.Models.Weights;

/// <summary>A normalisation with its weights.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Weight">[D].</param>
/// <param name="Bias">[D]; null where the kind has none.</param>
/// <param name="Epsilon">Keeps the division finite.</param>
internal sealed record Norm(NormKind Kind, Parameter Weight, Parameter? Bias, float Epsilon)
{
    /// <summary>Normalises rows.</summary>
    /// <param name="input">[R, D].</param>
    /// <param name="output">[R, D], overwritten; may be the input.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        switch (Kind)
        {
            case NormKind.Standard:
                Norms.Layer(input, Weight.Values, Bias!.Values, Epsilon, output);
                break;
            case NormKind.Unbiased:
                Norms.UnbiasedLayer(input, Weight.Values, Bias!.Values, Epsilon, output);
                break;
            default:
                Norms.RootMeanSquare(input, Weight.Values, Epsilon, output);
                break;
        }
    }
}
