namespace Galvani.Testing;

/// <summary>Units of the double array that a SentencePiece character map is, good and bad ones.</summary>
public static class MapUnits
{
    private const int Root = 0;

    /// <summary>A double array whose one rule, for "a", has its value in the given unit.</summary>
    public static uint[] Valued(uint value)
    {
        var units = new uint[256];
        units[Root] = Unit(1, 0);
        units['a'] = Unit('a', 'a' ^ 1) | 1u << 8;
        units[1] = value;
        return units;
    }

    /// <summary>A unit that goes on at another.</summary>
    public static uint Unit(int label, int offset) => ((uint)offset << 10) | (uint)label;

    /// <summary>A unit that is a value.</summary>
    public static uint Value(uint value) => value | 1u << 31;
}
