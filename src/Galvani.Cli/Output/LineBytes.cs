using System.Text;

namespace Galvani.Cli.Output;

/// <summary>One line of output as bytes, ended by one line feed.</summary>
internal static class LineBytes
{
    /// <summary>Plain text: line separators become spaces.</summary>
    public static byte[] Of(string text) => Encoding.UTF8.GetBytes(PlainText.OneLine(text) + "\n");

    /// <summary>One JSON value.</summary>
    public static byte[] Of(Action<JsonText> write)
    {
        using var stream = new MemoryStream();
        var json = new JsonText(stream);
        write(json);
        json.EndLine();
        return stream.ToArray();
    }
}
