using System.Text;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Output;

/// <summary>Standard output in UTF-8, whatever the locale says.</summary>
internal static class Standard
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The raw stream.</summary>
    public static Stream OpenStream() => new BufferedStream(Open(), 1 << 16);

    /// <summary>Writes text by a function and flushes.</summary>
    public static void Write(Action<TextWriter> write)
    {
        using var stream = Open();
        using var writer = new StreamWriter(stream, Encoding, 1 << 14) { NewLine = "\n" };
        write(writer);
    }

    /// <summary>Writes one JSON document by a function and flushes.</summary>
    public static void WriteJson(Action<JsonText> write)
    {
        using var stream = OpenStream();
        var json = new JsonText(stream);
        write(json);
        json.EndLine();
    }

    private static Stream Open() => StandardHandles.IsOutputClosed ? new ClosedOutput() : (Stream?)PipeOutput.TryOpen() ?? Console.OpenStandardOutput();
}
