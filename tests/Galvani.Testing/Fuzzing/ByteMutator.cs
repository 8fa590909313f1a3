namespace Galvani.Testing.Fuzzing;

/// <summary>Changes bytes without knowing what they are: bits, extreme values, runs cut, doubled, moved.</summary>
public static class ByteMutator
{
    private static readonly long[] Extremes = [0, 1, -1, 2, 255, 256, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1L << 62];

    /// <summary>A number that readers trip over.</summary>
    public static long Extreme(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Extremes[random.Next(Extremes.Length)] + (random.Next(4) == 0 ? random.Next(-2, 3) : 0);
    }

    /// <summary>A copy with one to four changes.</summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(random);
        var bytes = original.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 8; change--)
            Change(bytes, random);
        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Random random)
    {
        var at = random.Next(bytes.Count);
        var length = Math.Min(random.Next(1, 32), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] = random.Next(2) == 0 ? byte.MaxValue : byte.MinValue; break;
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 5: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
            case 6: Overwrite(bytes, at, Extreme(random), 1 << random.Next(4)); break;
            default: bytes.RemoveRange(at, bytes.Count - at); break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, long value, int width)
    {
        for (var i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = (byte)(value >> (8 * i));
    }
}
