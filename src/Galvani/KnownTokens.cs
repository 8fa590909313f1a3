using System.Text;
using Galvani.Checkpoints;
using Galvani.Text;

namespace Galvani;

/// <summary>Looks tokens up in the vocabularies of a checkpoint, any of which may lack <c>&lt;unk&gt;</c>.</summary>
/// <param name="vocabulary">A vocabulary.</param>
/// <param name="name">What errors call it, such as <c>source vocabulary</c>.</param>
/// <param name="path">The checkpoint, for errors.</param>
internal sealed class KnownTokens(Vocabulary vocabulary, string name, string path)
{
    /// <summary>The id of a token; that of <c>&lt;unk&gt;</c> where it is not in the vocabulary.</summary>
    /// <exception cref="UnsupportedCheckpointException">Neither is in the vocabulary.</exception>
    public int IdOf(string token) => vocabulary.UnknownId >= 0 || vocabulary.Contains(token)
        ? vocabulary.IdOf(token)
        : throw new UnsupportedCheckpointException($"The token '{token}' is not in the {name} of {vocabulary.Count} tokens, which has no {Vocabulary.Unknown} to stand for it ({path}).");

    /// <summary>The id of a token given as UTF-8, of which no string is made where it is known or <c>&lt;unk&gt;</c> is.</summary>
    /// <exception cref="UnsupportedCheckpointException">Neither is in the vocabulary.</exception>
    public int IdOf(ReadOnlySpan<byte> utf8Token) => vocabulary.UnknownId >= 0 ? vocabulary.IdOf(utf8Token) : IdOf(Encoding.UTF8.GetString(utf8Token));

    /// <summary>The ids of tokens.</summary>
    /// <exception cref="UnsupportedCheckpointException">A token is not in the vocabulary, and neither is <c>&lt;unk&gt;</c>.</exception>
    public int[] IdsOf(IReadOnlyList<string> tokens) => [.. tokens.Select(IdOf)];
}
