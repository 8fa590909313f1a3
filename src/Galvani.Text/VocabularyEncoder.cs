namespace Galvani.Text;

/// <summary>
/// From text straight to a checkpoint's ids: the tokenizer's ids mapped by one table, and text that is unknown to the tokenizer
/// looked up by itself, as the toolkit does. Immutable, safe for use by several threads.
/// </summary>
public sealed class VocabularyEncoder
{
    private readonly int[] _ids;

    /// <summary>Joins a tokenizer and a vocabulary.</summary>
    /// <exception cref="ArgumentException">A piece is not in the vocabulary, which has no <c>&lt;unk&gt;</c> to stand for it.</exception>
    public VocabularyEncoder(SentencePieceModel tokenizer, Vocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (vocabulary.UnknownId < 0)
            throw new ArgumentException($"The vocabulary has no {Vocabulary.Unknown}: a token outside it has no id.", nameof(vocabulary));
        (Tokenizer, Vocabulary) = (tokenizer, vocabulary);
        _ids = new int[tokenizer.PieceCount];
        for (var id = 0; id < _ids.Length; id++)
            _ids[id] = vocabulary.IdOf(tokenizer.PieceAt(id));
    }

    /// <summary>The tokenizer.</summary>
    public SentencePieceModel Tokenizer { get; }

    /// <summary>The vocabulary that the ids belong to.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The vocabulary's ids of a text's pieces, with nothing allocated once <paramref name="workspace"/> has grown.</summary>
    /// <param name="utf8">The text. Each byte that is no UTF-8 counts as U+FFFD.</param>
    /// <param name="workspace">Scratch memory, one a thread. It owns the result.</param>
    /// <returns>The ids, valid until the workspace is used again.</returns>
    /// <exception cref="ArgumentException">The text has more than 2^28 bytes when normalised.</exception>
    public ReadOnlySpan<int> EncodeIds(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace)
    {
        Tokenizer.EncodeIds(utf8, workspace);
        var tokens = workspace.Tokens;
        var text = workspace.Normalized.Text;
        var ids = tokens.WritableIds;
        for (var i = 0; i < ids.Length; i++)
            ids[i] = ids[i] == Tokenizer.UnknownId ? Vocabulary.IdOf(text[tokens.Starts[i]..tokens.Ends[i]]) : _ids[ids[i]];
        return ids;
    }
}
