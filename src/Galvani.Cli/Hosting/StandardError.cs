using System.Text;
using Galvani.Cli.Output;

namespace Galvani.Cli.Hosting;

/// <summary>Standard error in UTF-8, whatever the locale says. Notes are said once.</summary>
internal static class StandardError
{
    private static readonly Lock Gate = new();
    private static readonly Lazy<Stream> Output = new(Console.OpenStandardError);
    private static readonly HashSet<string> Said = new(StringComparer.Ordinal);

    /// <summary>Whether a person is looking.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected;

    public static void WriteLine(string line) => Write(line + "\n");

    public static void Write(string text)
    {
        lock (Gate)
        {
            try
            {
                Output.Value.Write(Encoding.UTF8.GetBytes(text));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or ObjectDisposedException)
            {
                // nobody listens; the exit code still tells
            }
        }
    }

    /// <summary>Writes a note, unless it was written before.</summary>
    public static void Note(string note)
    {
        lock (Gate)
        {
            if (!Said.Add(note))
                return;
        }

        WriteLine($"galvani: {PlainText.Visible(OptionNames.InPlaceOfMembers(note))}");
    }
}
