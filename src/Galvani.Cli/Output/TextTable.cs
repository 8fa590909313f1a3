using System.Text;

namespace Galvani.Cli.Output;

/// <summary>A table of plain text: columns aligned by display width, two spaces between them, no lines around.</summary>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 2;

    private readonly List<string[]> rows = [];
    private readonly HashSet<int> right = [];
    private int columns = int.MaxValue;

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
        columns = TextWrap.ScreenColumns;
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
                widths[column] = Math.Max(widths[column], TextWrap.Width(line[column]));
        }

        foreach (var line in lines.SelectMany(line => Wrap(line, widths, indent.Length)))
            output.Write(indent + Line(line, widths) + "\n");
    }

    /// <summary>A row as one or more: the rest of a last cell that is too wide stands below it.</summary>
    private IEnumerable<string[]> Wrap(string[] cells, int[] widths, int indent)
    {
        const int Narrowest = 20;
        var start = indent + cells[..^1].Select((_, column) => widths[column] + Gap).Sum();
        if (columns == int.MaxValue || start + TextWrap.Width(cells[^1]) <= columns)
            return [cells];
        return TextWrap.Lines(cells[^1], Math.Max(Narrowest, columns - start))
            .Select((part, index) => (string[])[.. index == 0 ? cells[..^1] : cells[..^1].Select(_ => ""), part]);
    }

    private string Line(string[] cells, int[] widths)
    {
        var text = new StringBuilder();
        for (var column = 0; column < cells.Length; column++)
        {
            var padding = new string(' ', Math.Max(0, widths[column] - TextWrap.Width(cells[column])));
            text.Append(right.Contains(column) ? padding + cells[column] : cells[column] + padding);
            if (column < cells.Length - 1)
                text.Append(' ', Gap);
        }

        return text.ToString().TrimEnd(' ');
    }
}
