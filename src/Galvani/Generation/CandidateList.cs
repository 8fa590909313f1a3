namespace Galvani.Generation;

/// <summary>A continuation of a row.</summary>
/// <param name="Row">The row.</param>
/// <param name="Token">The token behind it.</param>
/// <param name="LogProbability">The token's log-probability.</param>
/// <param name="Score">The whole hypothesis's score.</param>
internal readonly record struct Candidate(int Row, int Token, float LogProbability, float Score);

/// <summary>The best few candidates, best first; of equal ones, the one offered first.</summary>
internal sealed class CandidateList(int capacity)
{
    private readonly Candidate[] candidates = new Candidate[capacity];

    public int Count { get; private set; }

    public Candidate this[int index] => candidates[index];

    public void Clear() => Count = 0;

    public void Offer(Candidate candidate)
    {
        if (Count == capacity && !(candidate.Score > candidates[^1].Score))
            return;
        var place = Count < capacity ? Count++ : Count - 1;
        for (; place > 0 && candidate.Score > candidates[place - 1].Score; place--)
            candidates[place] = candidates[place - 1];
        candidates[place] = candidate;
    }
}
