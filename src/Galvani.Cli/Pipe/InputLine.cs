namespace Galvani.Cli.Pipe;

/// <summary>A line of input.</summary>
/// <param name="Number">1-based.</param>
/// <param name="Utf8">Its bytes without the line end; may contain broken sequences.</param>
internal readonly record struct InputLine(long Number, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>The bytes from which on a line is long: so many that what is made of it should not be in memory at once.</summary>
    public const int LongBytes = 1 << 16;

    /// <summary>Whether the line is so long that its pieces should not be in memory at once.</summary>
    public bool IsLong => Utf8.Length >= LongBytes;

    /// <summary>The text, each broken byte as U+FFFD.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Utf8.Span);
}
