namespace Galvani.Kernels;

/// <summary>Gives a weight's rows, wherever they come from, so that none need lie in memory whole. Used by several threads side by side.</summary>
public interface IWeightRows
{
    /// <summary>Reads rows.</summary>
    /// <param name="first">The output of the first row.</param>
    /// <param name="rows">[rows, K], overwritten.</param>
    void Read(int first, Span<float> rows);
}
