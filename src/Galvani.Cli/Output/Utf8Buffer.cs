using System.Runtime.CompilerServices;
using System.Text;

namespace Galvani.Cli.Output;

/// <summary>Text in UTF-8 that grows at its end by many short pieces, which a general-purpose writer takes longer for than for their bytes.</summary>
internal sealed class Utf8Buffer
{
    private byte[] bytes = new byte[256];

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The text, valid until it changes.</summary>
    public ReadOnlySpan<byte> Text => bytes.AsSpan(0, Length);

    /// <summary>Adds text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        Length += utf8.Length;
    }

    /// <summary>Adds text, lone surrogates as U+FFFD.</summary>
    public void Append(ReadOnlySpan<char> text) => Length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetByteCount(text)));

    /// <summary>Room behind the text for so many bytes, or more, that are added by <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Room(int byteCount)
    {
        if (bytes.Length - Length < byteCount)
            Grow(byteCount);
        return bytes.AsSpan(Length);
    }

    /// <summary>Adds the first bytes of the room.</summary>
    public void Advance(int byteCount) => Length += byteCount;

    /// <summary>Empties it.</summary>
    public void Clear() => Length = 0;

    private void Grow(int byteCount) => Array.Resize(ref bytes, Math.Max(checked(Length + byteCount), (int)Math.Min(Array.MaxLength, 2L * bytes.Length)));
}
