using System.Text;

namespace Galvani.Cli.Output;

/// <summary>A table of plain text: columns aligned by display width, two spaces between them, no lines around.</summary>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 2;
    private const int Narrowest = 20; // what is left of a last cell that is broken into lines
    private const string FoldIndent = "  ";

    private readonly List<string[]> rows = [];
    private IEnumerable<string[]> rowsMadeWhenWritten = [];
    private readonly HashSet<int> right = [];
    private int wrapColumns = int.MaxValue;
    private int foldColumns = int.MaxValue;

    /// <summary>Aligns columns to the right: numbers.</summary>
    public TextTable AlignRight(params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
            right.Add(column);
        return this;
    }

    /// <summary>Breaks the last cell of a row into lines where the row is wider than a screen.</summary>
    public TextTable WrapAtScreen()
    {
        wrapColumns = TextWrap.ScreenColumns;
        return this;
    }

    /// <summary>Where the table is wider, goes on with its columns in further lines, below and behind an indent, and shortens a first cell that is wider by itself in its middle.</summary>
    /// <param name="columns">The width, at least 40; null for no such limit.</param>
    public TextTable FoldAt(int? columns)
    {
        foldColumns = columns ?? int.MaxValue;
        return this;
    }

    public TextTable Add(params string[] cells)
    {
        rows.Add(cells);
        return this;
    }

    /// <summary>Adds rows behind all others that are made anew each time the table goes through them: for tables so long that their cells should not be in memory together.</summary>
    public TextTable AddLazily(IEnumerable<string[]> more)
    {
        rowsMadeWhenWritten = more;
        return this;
    }

    /// <summary>Writes the table, each line behind an indent.</summary>
    public void Write(TextWriter output, string indent = "")
    {
        var lines = (headings.Any(heading => heading.Length > 0) ? rows.Prepend(headings) : rows).Concat(rowsMadeWhenWritten);
        if (foldColumns != int.MaxValue)
            lines = lines.Select(line => (string[])[TextWrap.Shorten(line[0], foldColumns - indent.Length), .. line[1..]]);
        var widths = Widths(lines);
        var groups = Groups(widths, LongestLastWord(lines, widths.Length), foldColumns - indent.Length);
        foreach (var line in lines)
        {
            foreach (var group in groups)
                WriteGroup(output, line, widths, group, group.Start.Value == 0 ? indent : indent + FoldIndent);
        }
    }

    private static int[] Widths(IEnumerable<string[]> lines)
    {
        int[] widths = [];
        foreach (var line in lines)
        {
            if (line.Length > widths.Length)
                Array.Resize(ref widths, line.Length);
            for (var column = 0; column < line.Length; column++)
                widths[column] = Math.Max(widths[column], TextWrap.Width(line[column]));
        }

        return widths;
    }

    /// <summary>The width of the longest word of the last column.</summary>
    private static int LongestLastWord(IEnumerable<string[]> lines, int columnCount) =>
        lines.Where(line => line.Length == columnCount && columnCount > 0).SelectMany(line => line[^1].Split(' ')).Select(TextWrap.Width).DefaultIfEmpty(0).Max();

    /// <summary>The columns that stand in one line: all, or as many as fit. A last column of text needs room for its longest word only, it can be broken between words.</summary>
    private List<Range> Groups(int[] widths, int longestWord, int columns)
    {
        if (columns >= int.MaxValue / 2 || widths.Sum() + Gap * (widths.Length - 1) <= columns)
            return [Range.All];
        var groups = Pack(widths, longestWord, first: 0, columns);
        var isOnlyLastBelow = groups.Count == 2 && groups[1].Start.Value == widths.Length - 1 && longestWord > Narrowest;
        return groups.Count == 1 || isOnlyLastBelow ? groups : [0..1, .. Pack(widths, longestWord, first: 1, columns)]; // a name by itself, the numbers together below it
    }

    /// <summary>Puts the columns from one on into lines, as many into each as fit.</summary>
    private List<Range> Pack(int[] widths, int longestWord, int first, int columns)
    {
        var groups = new List<Range>();
        var (start, used) = (first, first == 0 ? 0 : FoldIndent.Length);
        for (var column = first; column < widths.Length; column++)
        {
            var needed = column == widths.Length - 1 && !right.Contains(column) ? Math.Min(widths[column], Math.Max(Narrowest, longestWord)) : widths[column];
            if (column > start && used + Gap + needed > columns)
            {
                groups.Add(start..column);
                (start, used) = (column, FoldIndent.Length);
            }

            used += needed + (column > start ? Gap : 0);
        }

        groups.Add(start..widths.Length);
        return groups;
    }

    private void WriteGroup(TextWriter output, string[] line, int[] widths, Range group, string indent)
    {
        var start = group.Start.GetOffset(widths.Length);
        var end = Math.Min(group.End.GetOffset(widths.Length), line.Length);
        if (start > 0 && (start >= end || Array.TrueForAll(line[start..end], cell => cell.Length == 0)))
            return;
        foreach (var cells in Wrapped(line[start..end], widths.AsSpan(start), indent.Length, isLast: end == line.Length))
            output.Write(indent + Line(cells, widths, start) + "\n");
    }

    /// <summary>A row as one or more: the rest of a last cell that is too wide stands below it.</summary>
    private IEnumerable<string[]> Wrapped(string[] cells, ReadOnlySpan<int> widths, int indent, bool isLast)
    {
        var columns = Math.Min(wrapColumns, foldColumns);
        if (columns == int.MaxValue || !isLast || cells.Length == 0)
            return [cells];
        var start = indent;
        for (var column = 0; column < cells.Length - 1; column++)
            start += widths[column] + Gap;
        if (start + TextWrap.Width(cells[^1]) <= columns)
            return [cells];
        return TextWrap.Lines(cells[^1], Math.Max(Narrowest, columns - start))
            .Select((part, index) => (string[])[.. index == 0 ? cells[..^1] : cells[..^1].Select(_ => ""), part]);
    }

    private string Line(string[] cells, int[] widths, int start)
    {
        var text = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var padding = new string(' ', Math.Max(0, widths[start + i] - TextWrap.Width(cells[i])));
            text.Append(right.Contains(start + i) ? padding + cells[i] : cells[i] + padding);
            if (i < cells.Length - 1)
                text.Append(' ', Gap);
        }

        return text.ToString().TrimEnd(' ');
    }
}
