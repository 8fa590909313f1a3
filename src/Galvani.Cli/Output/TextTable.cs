using System.Text;

namespace Galvani.Cli.Output;

/// <summary>A table of plain text: columns aligned by display width, two spaces between them, no lines around.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> rows = [];
    private readonly HashSet<int> right = [];

    /// <summary>Aligns columns to the right: numbers.</summary>
    public TextTable AlignRight(params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
            right.Add(column);
        return this;
    }

    public TextTable Add(params string[] cells)
    {
        rows.Add(cells);
        return this;
    }

    /// <summary>Writes the table, each line behind an indent.</summary>
    public void Write(TextWriter output, string indent = "")
    {
        IEnumerable<string[]> all = headings.Any(heading => heading.Length > 0) ? [headings, .. rows] : rows;
        var lines = all.ToList();
        var count = lines.Count == 0 ? 0 : lines.Max(line => line.Length);
        var widths = new int[count];
        foreach (var line in lines)
        {
            for (var column = 0; column < line.Length; column++)
                widths[column] = Math.Max(widths[column], Width(line[column]));
        }

        foreach (var line in lines)
            output.Write(indent + Line(line, widths) + "\n");
    }

    private string Line(string[] cells, int[] widths)
    {
        var text = new StringBuilder();
        for (var column = 0; column < cells.Length; column++)
        {
            var padding = new string(' ', widths[column] - Width(cells[column]));
            text.Append(right.Contains(column) ? padding + cells[column] : cells[column] + padding);
            if (column < cells.Length - 1)
                text.Append("  ");
        }

        return text.ToString().TrimEnd(' ');
    }

    /// <summary>The columns a text takes on a terminal: combining marks none, East Asian wide characters two.</summary>
    private static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark or System.Globalization.UnicodeCategory.Format
                ? 0
                : rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) ? 2 : 1;
        }

        return width;
    }
}
