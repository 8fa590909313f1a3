namespace Galvani.Cli.Pipe;

/// <summary>A line of input.</summary>
/// <param name="Number">1-based.</param>
/// <param name="Utf8">Its bytes without the line end; may contain broken sequences.</param>
internal readonly record struct InputLine(long Number, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>The text, each broken byte as U+FFFD.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Utf8.Span);
}
