using Galvani.Kernels;

namespace Galvani.Models.Layers;

/// <summary>The sines and cosines by which the rows of a pass are rotated (Su et al. 2021); made once for all layers. Empty in models without rotation.</summary>
internal readonly ref struct RotaryAngles
{
    private readonly ReadOnlySpan<float> cosines;
    private readonly ReadOnlySpan<float> sines;
    private readonly ModelConfig config;
    private readonly int pairCount;

    private RotaryAngles(ModelConfig config, int pairCount, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        (this.config, this.pairCount) = (config, pairCount);
        this.cosines = cosines;
        this.sines = sines;
    }

    /// <summary>The angles of some positions.</summary>
    /// <param name="config">The model.</param>
    /// <param name="positions">[R], one a row.</param>
    /// <param name="workspace">Where the numbers are kept, until its scope ends.</param>
    public static RotaryAngles Create(ModelConfig config, ReadOnlySpan<int> positions, Workspace workspace)
    {
        if (config.Positions != PositionScheme.Rotary)
            return new RotaryAngles(config, pairCount: 0, [], []);
        var width = config.RotaryWidth == 0 ? config.HeadWidth : config.RotaryWidth;
        var pairCount = width / 2; // P
        var cosines = workspace.Take(positions.Length * pairCount); // [R, P]
        var sines = workspace.Take(positions.Length * pairCount); // [R, P]
        for (var i = 0; i < pairCount; i++)
        {
            // In single precision, as the model was trained: at high positions the rounding of an angle shows.
            var frequency = 1 / MathF.Pow((float)config.RotaryBase, 2f * i / width);
            for (var r = 0; r < positions.Length; r++)
            {
                var (sine, cosine) = Math.SinCos(positions[r] * frequency);
                cosines[r * pairCount + i] = (float)cosine;
                sines[r * pairCount + i] = (float)sine;
            }
        }

        return new RotaryAngles(config, pairCount, cosines, sines);
    }

    /// <summary>Rotates the heads of a row; does nothing in models without rotation.</summary>
    /// <param name="row">r.</param>
    /// <param name="heads">[any number, K].</param>
    public void Rotate(int row, Span<float> heads)
    {
        if (pairCount == 0)
            return;
        var cosines_r = cosines.Slice(row * pairCount, pairCount); // [P]
        var sines_r = sines.Slice(row * pairCount, pairCount); // [P]
        if (config.RotaryInterleaved)
            Rotary.RotateNeighbours(heads, config.HeadWidth, cosines_r, sines_r);
        else
            Rotary.RotateHalves(heads, config.HeadWidth, cosines_r, sines_r);
    }
}
