using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// The possible merges of a text, at most one at each place, of which the best is asked for: the highest score, of equal ones the leftmost. A tree over the places: each number is the largest of the block of sixteen below it, and a
/// word is one block. Its memory and the time of a change depend on the number of places alone, not on how often a place changes. Not thread-safe.
/// </summary>
internal sealed class PairQueue
{
    /// <summary>How many places are between two looks at the token: a power of two.</summary>
    private const int TakesAtOnce = 1 << 14;

    private const int BlockBits = 4;
    private const int BlockLength = 1 << BlockBits;
    private const int None = int.MinValue;

    private readonly int[] _levelStarts = new int[32 / BlockBits];
    private int[] _keys = []; // the places, then the blocks' largest, then those of blocks of these: each level in whole blocks, the last one in a single block
    private int _lastLevel;
    private int _takeCount;

    /// <summary>Empties the queue and gives it a number of places.</summary>
    public void Clear(int placeCount)
    {
        var (level, end) = (0, 0);
        for (var count = Math.Max(1, placeCount); ; count = BlocksOf(count))
        {
            _levelStarts[level] = end;
            end += BlocksOf(count) << BlockBits;
            if (count <= BlockLength)
                break;
            level++;
        }

        _lastLevel = level;
        if (_keys.Length < end)
            _keys = new int[Math.Max(end, 2 * _keys.Length)];
        _keys.AsSpan(0, end).Fill(None);
    }

    /// <summary>Notes the score of the pair at a place.</summary>
    public void Set(int place, float score) => Change(place, KeyOf(score));

    /// <summary>Notes that there is no pair at a place.</summary>
    public void Remove(int place) => Change(place, None);

    /// <summary>Finds the best pair, which stays in the queue.</summary>
    /// <param name="place">Gets its place.</param>
    /// <param name="cancellationToken">Ends the merging now and then.</param>
    /// <returns>False where there is none.</returns>
    public bool TryGetBest(out int place, CancellationToken cancellationToken)
    {
        if ((++_takeCount & (TakesAtOnce - 1)) == 0)
            cancellationToken.ThrowIfCancellationRequested();
        place = 0;
        var key = None;
        var top = _keys.AsSpan(_levelStarts[_lastLevel], BlockLength);
        for (var i = 0; i < top.Length; i++)
        {
            if (top[i] > key)
                (key, place) = (top[i], i);
        }

        for (var level = _lastLevel - 1; level >= 0; level--)
            place = (place << BlockBits) + Block(level, place).IndexOf(key);
        return key != None;
    }

    private static int BlocksOf(int count) => (count + BlockLength - 1) >> BlockBits;

    /// <summary>A whole number in the order of scores.</summary>
    private static int KeyOf(float score)
    {
        var bits = BitConverter.SingleToInt32Bits(score + 0f); // of the two zeros, which are equal, the positive one
        return bits ^ ((bits >> 31) & int.MaxValue);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Change(int place, int key)
    {
        ref var old = ref _keys[place];
        if (_lastLevel == 0)
            old = key;
        else if (old != key)
            ChangeAll(place, key);
    }

    private void ChangeAll(int place, int key)
    {
        for (var level = 0; ; level++)
        {
            ref var changed = ref _keys[_levelStarts[level] + place];
            var old = changed;
            changed = key;
            if (level == _lastLevel)
                return;
            place >>= BlockBits;
            var largest = _keys[_levelStarts[level + 1] + place];
            if (key < largest)
            {
                if (old < largest || Block(level, place).Contains(largest))
                    return;
                key = Largest(Block(level, place));
            }
            else if (key == largest)
            {
                return;
            }
        }
    }

    private Span<int> Block(int level, int block) => _keys.AsSpan(_levelStarts[level] + (block << BlockBits), BlockLength);

    private static int Largest(ReadOnlySpan<int> block)
    {
        var (even, odd) = (None, None);
        for (var i = 0; i + 1 < block.Length; i += 2)
        {
            even = Math.Max(even, block[i]);
            odd = Math.Max(odd, block[i + 1]);
        }

        return Math.Max(even, odd);
    }
}
