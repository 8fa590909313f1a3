namespace Galvani.Testing.Fuzzing;

/// <summary>
/// Notices work that waits for what does not come: looked at once a second, it is at the same case sixty times in a row and has used hardly any processor time. Counted are looks, not seconds: a machine that stands still, or
/// gives the process nothing, does not look either. For one thread.
/// </summary>
public sealed class Standstill
{
    private const int MostLooks = 60;
    private static readonly TimeSpan HardlyAny = TimeSpan.FromSeconds(1); // the looks themselves take some of it

    private int looks;
    private int firstIndex = -1;
    private TimeSpan firstUsed;

    /// <summary>Looks once more.</summary>
    /// <param name="index">The case that is worked on; negative between two.</param>
    /// <param name="used">The processor time that the process has used so far.</param>
    /// <returns>Whether the work stands still.</returns>
    public bool Look(int index, TimeSpan used)
    {
        if (index < 0 || index != firstIndex || used - firstUsed >= HardlyAny)
            (looks, firstIndex, firstUsed) = (0, index, used);
        return looks++ >= MostLooks;
    }
}
