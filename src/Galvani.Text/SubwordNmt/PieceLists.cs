using System.Text;

namespace Galvani.Text.SubwordNmt;

/// <summary>Keeps all pieces of a text.</summary>
internal sealed class PieceLists : IPieceReceiver
{
    private readonly List<string> _pieces = [];
    private readonly List<TextRange> _offsets = [];

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        _pieces.Add(Encoding.UTF8.GetString(utf8));
        _offsets.Add(range);
        return true;
    }

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => throw new NotSupportedException("A piece of merges comes whole.");

    /// <summary>What was kept.</summary>
    public TokenizedText ToText() => new([.. _pieces], [], [.. _offsets]);
}
