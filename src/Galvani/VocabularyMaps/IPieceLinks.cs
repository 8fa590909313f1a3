namespace Galvani.VocabularyMaps;

/// <summary>How much each target piece has to do with a part of its sentence.</summary>
internal interface IPieceLinks
{
    /// <summary>Adds to each target piece what it weighs.</summary>
    /// <param name="pair">The sentence pair.</param>
    /// <param name="first">The first source piece of the part, 0-based.</param>
    /// <param name="end">One behind its last.</param>
    /// <param name="weights">[target pieces].</param>
    /// <param name="touched">Receives every target piece whose weight was zero.</param>
    void Collect(int pair, int first, int end, float[] weights, List<int> touched);

    /// <summary>Target pieces that are for every sentence, with how much a sentence has of each.</summary>
    IEnumerable<(int Piece, float Rate)> OfNothing { get; }
}
