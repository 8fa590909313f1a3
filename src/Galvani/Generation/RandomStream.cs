// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators") used as a counter: the number for a place is the mix of the place, so that
// no state goes from one draw to the next.
namespace Galvani.Generation;

/// <summary>
/// Random numbers by place: seed, stream (line), path and position give the number, whatever was drawn before or beside it. So a line's samples are the same in
/// any batch, on any number of threads, and when the line is translated alone.
/// </summary>
public static class RandomStream
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">The number of the line.</param>
    /// <param name="path">0-based: which of the paths of the line.</param>
    /// <param name="position">0-based: which token of the path.</param>
    public static double At(long seed, long stream, int path, int position)
    {
        var state = Mix(unchecked((ulong)seed) + Golden);
        state = Mix(state ^ unchecked((ulong)stream) + Golden);
        state = Mix(state ^ (((ulong)(uint)path << 32) | (uint)position) + Golden);
        const double Unit = 1.0 / (1UL << 53);
        return (state >> 11) * Unit;
    }

    private static ulong Mix(ulong value)
    {
        value = unchecked((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9);
        value = unchecked((value ^ (value >> 27)) * 0x94D049BB133111EB);
        return value ^ (value >> 31);
    }
}
