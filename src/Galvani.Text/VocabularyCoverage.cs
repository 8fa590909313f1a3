namespace Galvani.Text;

/// <summary>How many of a tokenizer's pieces are in a vocabulary.</summary>
/// <param name="Present">Pieces that are in the vocabulary.</param>
/// <param name="Total">Pieces that text can become.</param>
public readonly record struct VocabularyCoverage(int Present, int Total)
{
    /// <summary>The share, 0 to 1; 1 for a tokenizer without such pieces.</summary>
    public double Share => Total == 0 ? 1 : (double)Present / Total;
}
