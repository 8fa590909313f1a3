using System.Text;

namespace Galvani.Cli.Output;

/// <summary>
/// What stands between the elements of a tensor inside its outermost brackets: a comma, and where a row of an axis ends its bracket, a new line and the bracket of the next one. Axes of size 1 begin anew
/// with the axis in front of them, so that an element costs the same however many of them there are.
/// </summary>
internal sealed class ElementBrackets
{
    private readonly Level[] levels; // of greater and greater rows; the first has one element

    /// <param name="shape">The sizes of the axes, none of them 0; of a scalar none.</param>
    public ElementBrackets(IReadOnlyList<long> shape)
    {
        var found = new List<Level> { new(1, ", "u8.ToArray()) };
        var rowLength = 1L;
        for (var rows = 1; rows < shape.Count; rows++)
        {
            rowLength *= shape[^rows];
            var level = new Level(rowLength, Separator(shape.Count, rows));
            if (rowLength == found[^1].RowLength)
                found[^1] = level;
            else
                found.Add(level);
        }

        levels = [.. found];
        LongestSeparator = levels.Max(level => level.Separator.Length);
    }

    /// <summary>The most bytes of a separator.</summary>
    public int LongestSeparator { get; }

    /// <summary>What stands in front of an element that is not the first.</summary>
    /// <param name="index">The element's row-major index.</param>
    public ReadOnlySpan<byte> Before(long index)
    {
        var level = 0;
        while (level + 1 < levels.Length && index % levels[level + 1].RowLength == 0)
            level++;
        return levels[level].Separator;
    }

    /// <summary>What stands between an element and the next one of a run.</summary>
    public ReadOnlySpan<byte> InRun => levels[0].Separator;

    /// <summary>How many elements, from one on, have nothing else between them.</summary>
    /// <param name="index">The element's row-major index.</param>
    public long RunLength(long index) => levels.Length == 1 ? long.MaxValue : levels[1].RowLength - index % levels[1].RowLength;

    private static byte[] Separator(int rank, int rows) => Encoding.ASCII.GetBytes($"{new string(']', rows)},\n{new string(' ', rank - rows)}{new string('[', rows)}");

    /// <param name="RowLength">The elements of a row.</param>
    /// <param name="Separator">What stands between two of them.</param>
    private readonly record struct Level(long RowLength, byte[] Separator);
}
