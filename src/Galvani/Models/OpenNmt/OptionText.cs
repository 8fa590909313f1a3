using System.Text;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>An option's value as text. Options are untrusted: a list may hold itself, or twice a list that holds twice a list, so depth and length are bounded.</summary>
internal sealed class OptionText
{
    private const int MostDepth = 16;
    private const int MostCharacters = 1 << 20;
    private const char Left = '…';

    private readonly StringBuilder text = new();

    /// <summary>The text; of what is longer or deeper than the bounds the beginning, and an ellipsis where something is left out.</summary>
    public static string Describe(PickleValue value)
    {
        var writer = new OptionText();
        writer.Write(value, depth: 0);
        return writer.text.ToString();
    }

    private void Write(PickleValue value, int depth)
    {
        if (depth > MostDepth || text.Length > MostCharacters)
        {
            text.Append(Left);
            return;
        }

        switch (value)
        {
            case PickleList list:
                WriteItems(list.Items, "[", "]", depth);
                break;
            case PickleTuple tuple:
                WriteItems(tuple.Items, "(", ")", depth);
                break;
            case PickleSet set:
                WriteItems([.. set.Items.OrderBy(ObjectTree.KeyText, StringComparer.Ordinal)], "{", "}", depth);
                break;
            case PickleDictionary dictionary:
                WriteEntries(dictionary, depth);
                break;
            case PickleObject made:
                text.Append(made.PathText ?? $"{made.Global}({Left})");
                break;
            default:
                text.Append(ObjectTree.KeyText(value));
                break;
        }
    }

    private void WriteItems(IReadOnlyList<PickleValue> items, string open, string close, int depth)
    {
        text.Append(open);
        for (var i = 0; i < items.Count && text.Length <= MostCharacters; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(items[i], depth + 1);
        }

        text.Append(close);
    }

    private void WriteEntries(PickleDictionary dictionary, int depth)
    {
        text.Append('{');
        var isFirst = true;
        foreach (var (name, value) in ObjectTree.Children(dictionary))
        {
            if (text.Length > MostCharacters)
                break;
            text.Append(isFirst ? "" : ", ").Append(name).Append(": ");
            isFirst = false;
            if (value is PickleDictionary)
                text.Append('{').Append(Left).Append('}');
            else
                Write(value, depth + 1);
        }

        text.Append('}');
    }
}
