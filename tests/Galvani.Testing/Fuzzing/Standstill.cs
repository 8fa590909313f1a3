namespace Galvani.Testing.Fuzzing;

/// <summary>
/// Notices work that waits for what does not come: looked at once a second, it is at the same case and has used no processor time, sixty times in a row. Counted are looks, not seconds: a machine that stands still, or gives
/// the process nothing, does not look either. For one thread.
/// </summary>
public sealed class Standstill
{
    private const int MostLooks = 60;
    private static readonly TimeSpan NoTime = TimeSpan.FromMilliseconds(20); // what the look itself may take

    private int lookedAt = -1;
    private TimeSpan lookedUsed;
    private int looks;

    /// <summary>Looks once more.</summary>
    /// <param name="index">The case that is worked on; negative between two.</param>
    /// <param name="used">The processor time that the process has used so far.</param>
    /// <returns>Whether the work stands still.</returns>
    public bool Look(int index, TimeSpan used)
    {
        looks = index >= 0 && index == lookedAt && used - lookedUsed < NoTime ? looks + 1 : 0;
        (lookedAt, lookedUsed) = (index, used);
        return looks >= MostLooks;
    }
}
