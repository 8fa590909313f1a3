using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Galvani.Checkpoints.Tensors;
using Galvani.Models.OpenNmt;

namespace Galvani.Benchmarks.SeedShape;

/// <summary>
/// The numbers of a fresh model, as training starts from them: matrices Xavier-uniform (Glorot and Bengio 2010), norms 1, biases 0, the positional table
/// interleaved sinusoids (Vaswani et al. 2017, 3.5). The name of a tensor seeds its numbers, so that each can be made alone, always the same.
/// </summary>
internal static class SeedShapeWeights
{
    /// <summary>What makes the row-major little-endian elements of a tensor, part by part.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="type">float32 or float16.</param>
    public static ElementContent Content(string name, long[] shape, DType type)
    {
        var value = Values(name, shape);
        return (firstElement, destination) =>
        {
            var index = checked((int)firstElement);
            for (; !destination.IsEmpty; destination = destination[type.ElementBytes()..])
            {
                if (type == DType.Float32)
                    BinaryPrimitives.WriteSingleLittleEndian(destination, value(index++));
                else
                    BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)value(index++));
            }
        };
    }

    private static Func<int, float> Values(string name, long[] shape)
    {
        if (OpenNmtNames.IsPositionalTable(name))
            return index => Sinusoid(index / (int)shape[^1], index % (int)shape[^1], (int)shape[^1]);
        if (shape.Length == 1)
            return name.EndsWith(".weight", StringComparison.Ordinal) ? _ => 1 : _ => 0;
        var seed = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(name));
        var limit = Math.Sqrt(6.0 / (shape[0] + shape[1]));
        return index => (float)((2 * Uniform(seed + (ulong)index) - 1) * limit);
    }

    private static float Sinusoid(int position, int component, int width)
    {
        var angle = position * Math.Exp(-Math.Log(10_000) / width * (component & ~1));
        return (float)(component % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
    }

    /// <summary>A number in [0, 1) from a counter: the output function of SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private static double Uniform(ulong counter)
    {
        var bits = counter * 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return ((bits ^ (bits >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
