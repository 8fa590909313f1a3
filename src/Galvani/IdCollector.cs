using System.Runtime.InteropServices;
using Galvani.Text;

namespace Galvani;

/// <summary>Keeps the ids of pieces.</summary>
internal sealed class IdCollector : IPieceReceiver
{
    private readonly List<int> ids = [];

    /// <summary>The ids so far; valid until the next is added.</summary>
    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(ids);

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        ids.Add(id);
        return true;
    }

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => true;
}
