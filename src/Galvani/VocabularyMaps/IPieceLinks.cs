namespace Galvani.VocabularyMaps;

/// <summary>Which target pieces a part of a source sentence stands for, as far as is known.</summary>
internal interface IPieceLinks
{
    /// <summary>Adds to each target piece how many times the part is expected to stand for it.</summary>
    /// <param name="pair">The sentence pair.</param>
    /// <param name="first">The first source piece of the part, 0-based.</param>
    /// <param name="end">One behind its last.</param>
    /// <param name="counts">[target pieces].</param>
    /// <param name="touched">Receives every target piece whose count was zero.</param>
    void Collect(int pair, int first, int end, float[] counts, List<int> touched);
}
