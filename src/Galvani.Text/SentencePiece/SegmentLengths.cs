using System.Runtime.InteropServices;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// A number for each character position of a text, in blocks, so that growing copies nothing: the length in characters of the segment that ends there, later of that which starts there.
/// </summary>
/// <param name="largestCount">How many are few.</param>
internal sealed class SegmentLengths(int largestCount)
{
    private const int BlockBits = 16;
    private const int BlockLength = 1 << BlockBits;

    private readonly List<ushort[]> _blocks = [];
    private ushort[] _lastBlock = [];
    private int _count;

    /// <summary>The last position.</summary>
    public int Last => _count - 1;

    /// <summary>Whether there are so many that memory should be given back.</summary>
    public bool IsMany => _count > largestCount;

    /// <summary>The number at a position.</summary>
    public ushort this[int position] => _blocks[position >> BlockBits][position & (BlockLength - 1)];

    /// <summary>Adds the number of the next position.</summary>
    public void Add(ushort length)
    {
        var place = _count++ & (BlockLength - 1);
        if (place == 0)
            BeginBlock();
        _lastBlock[place] = length;
    }

    /// <summary>Empties the list, which begins with the last position then.</summary>
    public void Restart()
    {
        _blocks.RemoveRange(1, _blocks.Count - 1);
        _count = 0;
        Add(0);
    }

    /// <summary>Goes back from the end, from each segment to the one in front of it, and notes the lengths where the segments start. All other numbers mean nothing then.</summary>
    public void TurnForward()
    {
        var end = _count - 1;
        var blocks = CollectionsMarshal.AsSpan(_blocks);
        for (var length = this[end]; end > 0;)
        {
            var start = end - length;
            ref var place = ref blocks[start >> BlockBits][start & (BlockLength - 1)];
            (length, place) = (place, length);
            end = start;
        }
    }

    private void BeginBlock()
    {
        var number = (_count - 1) >> BlockBits;
        if (number == _blocks.Count)
            _blocks.Add(new ushort[BlockLength]);
        _lastBlock = _blocks[number];
    }
}
