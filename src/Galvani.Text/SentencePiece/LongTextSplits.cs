using System.Runtime.InteropServices;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// What the first way through a long text under a model with unused pieces leaves to the second: where the parts end, and how the unused pieces are split, each as the last two neighbours in the merging of the whole text that
/// could have been merged into it.
/// </summary>
internal sealed class LongTextSplits
{
    private readonly Dictionary<int, (Moment Moment, int LeftLength)> _splits = [];
    private readonly Queue<int> _ends = new();

    /// <summary>
    /// A moment in the merging of a whole text, told by what happens in one part of it. Of several parts that do not touch one another, that one goes on whose next merge has the highest score, and of equal ones the
    /// leftmost. So a part comes to a merge when the others have none left above the lowest score that it has come down to by then, its level.
    /// </summary>
    /// <param name="Level">The lowest score so far; infinite before the first merge.</param>
    /// <param name="Part">The part's number, from left to right.</param>
    /// <param name="Step">Counts within the part.</param>
    internal readonly record struct Moment(float Level, int Part, int Step)
    {
        /// <summary>Whether this comes before another.</summary>
        public bool IsBefore(Moment other)
            => Level != other.Level ? Level > other.Level : Part != other.Part ? Part < other.Part : Step < other.Step;
    }

    /// <summary>Notes how many characters of the window were sure: 0 where it had to grow.</summary>
    public void AddEnd(int end) => _ends.Enqueue(end);

    /// <summary>How many characters of the next window are sure.</summary>
    public int TakeEnd() => _ends.Dequeue();

    /// <summary>The length in characters of the left part of an unused piece; false where nothing was merged into it.</summary>
    public bool TryGet(int id, out int leftLength)
    {
        var isKnown = _splits.TryGetValue(id, out var split);
        leftLength = split.LeftLength;
        return isKnown;
    }

    /// <summary>Notes that two neighbours make an unused piece.</summary>
    /// <param name="id">The piece.</param>
    /// <param name="leftLength">The characters of the left one.</param>
    /// <param name="moment">When they became neighbours.</param>
    public void Note(int id, int leftLength, Moment moment)
    {
        ref var split = ref CollectionsMarshal.GetValueRefOrAddDefault(_splits, id, out var isKnown);
        if (!isKnown || split.Moment.IsBefore(moment))
            split = (moment, leftLength);
    }
}
