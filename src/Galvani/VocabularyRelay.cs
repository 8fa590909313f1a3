using System.Buffers;
using Galvani.Text;

namespace Galvani;

/// <summary>Hands pieces on with their ids in a vocabulary. Text that is unknown to the tokenizer is looked up as a whole, as OpenNMT-py does; so much of it is held back as a token may have.</summary>
/// <param name="tokens">The vocabulary.</param>
/// <param name="longestToken">The most bytes of a token in it.</param>
/// <param name="tokenizer">Where the ids that come are from; null where there are none.</param>
/// <param name="receiver">Takes the pieces.</param>
internal sealed class VocabularyRelay(KnownTokens tokens, int longestToken, Tokenizer? tokenizer, IPieceReceiver receiver) : IPieceReceiver
{
    private const int NotLookedUp = -1;

    private readonly int unknownId = (tokenizer as SentencePieceModel)?.UnknownId ?? -1;
    private readonly int[] known = Unfilled(tokenizer as SentencePieceModel);
    private readonly ArrayBufferWriter<byte> held = new();
    private readonly KnownTexts lately = new();
    private TextRange heldRange;
    private bool isHolding;

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        if (!Complete())
            return false;
        if (id < 0)
            return receiver.Add(tokens.IdOf(utf8), utf8, range);
        if (id != unknownId)
            return receiver.Add(known[id] is not NotLookedUp and var found ? found : known[id] = tokens.IdOf(utf8), utf8, range);
        held.Write(utf8);
        heldRange = range;
        isHolding = true;
        return true;
    }

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
    {
        if (isHolding && held.WrittenCount + utf8.Length <= longestToken)
        {
            held.Write(utf8);
            heldRange = heldRange with { End = rangeEnd };
            return true;
        }

        // What is held and what comes now are together too long for a token: whatever the run becomes, it is unknown.
        if (isHolding && !HandOn(tokens.IdOf([.. held.WrittenSpan, .. utf8])))
            return false;
        return receiver.Extend(utf8, rangeEnd);
    }

    /// <summary>Hands on what is held back.</summary>
    /// <returns>Whether more is wanted.</returns>
    public bool Complete() => !isHolding || HandOn(IdOfHeld());

    private int IdOfHeld()
    {
        var text = held.WrittenSpan;
        if (!lately.TryGetId(text, out var id))
            lately.Keep(text, id = tokens.IdOf(text));
        return id;
    }

    private bool HandOn(int id)
    {
        var wantsMore = receiver.Add(id, held.WrittenSpan, heldRange);
        held.ResetWrittenCount();
        isHolding = false;
        return wantsMore;
    }

    private static int[] Unfilled(SentencePieceModel? model)
    {
        var ids = new int[model?.PieceCount ?? 0];
        Array.Fill(ids, NotLookedUp);
        return ids;
    }
}
