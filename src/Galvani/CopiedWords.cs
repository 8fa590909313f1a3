using Galvani.Text;

namespace Galvani;

/// <summary>The target ids of source words in a copy model: words that the target vocabulary lacks are numbered behind it, in order of first occurrence in their sentence.</summary>
internal static class CopiedWords
{
    /// <summary>The id of each piece.</summary>
    /// <param name="pieces">The source's pieces.</param>
    /// <param name="vocabulary">The target vocabulary.</param>
    public static int[] IdsOf(IReadOnlyList<string> pieces, Vocabulary vocabulary)
    {
        var added = new List<string>();
        var ids = new int[pieces.Count];
        for (var s = 0; s < ids.Length; s++)
        {
            if (vocabulary.TryGetId(pieces[s], out ids[s]))
                continue;
            if (!added.Contains(pieces[s]))
                added.Add(pieces[s]);
            ids[s] = vocabulary.Count + added.IndexOf(pieces[s]);
        }

        return ids;
    }

    /// <summary>The piece of an id: of the vocabulary, or copied from the source.</summary>
    /// <param name="id">The id.</param>
    /// <param name="pieces">The source's pieces.</param>
    /// <param name="vocabulary">The target vocabulary.</param>
    public static string PieceOf(int id, IReadOnlyList<string> pieces, Vocabulary vocabulary) =>
        id < vocabulary.Count ? vocabulary.Tokens[id] : pieces[Array.IndexOf(IdsOf(pieces, vocabulary), id)];
}
