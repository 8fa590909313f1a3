using System.Text;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Hypotheses of one rank of all parts of a line as one: texts with a space between, pieces and ids one after the other (each part's end token stays in the ids), the score being the mean of the
/// parts' scores by their tokens, attention and alignment over the source of the whole line. Of a line in one part it is that part's. Only what is printed is kept.
/// </summary>
/// <param name="form">What is printed.</param>
internal sealed class JoinedHypothesis(TranslationForm form)
{
    private const int BlockLength = 1 << 14; // characters

    private readonly List<string> blocks = []; // of the text, each of whole parts; what follows one begins with a space
    private readonly StringBuilder block = new();
    private readonly List<string> pieces = [];
    private readonly List<int> ids = [];
    private readonly List<float> tokenScores = [];
    private readonly List<(float[] Weights, int FirstSource)> attention = [];
    private readonly List<AlignedPair> alignment = [];
    private bool hasAttention;
    private bool hasAlignment;
    private int partCount;
    private float firstScore;
    private double sumOfScores;
    private long tokenCount;
    private int pieceCount;

    private float Score => partCount == 1 ? firstScore : (float)(sumOfScores / tokenCount);

    /// <summary>Takes the hypothesis of the next part.</summary>
    /// <param name="part">The hypothesis.</param>
    /// <param name="firstSource">The source pieces of the parts before.</param>
    public void Add(TranslationHypothesis part, int firstSource)
    {
        if (partCount++ == 0)
            (firstScore, hasAttention, hasAlignment) = (part.Score, part.Attention is not null, part.Alignment is not null);
        sumOfScores += (double)part.Score * part.Ids.Count;
        tokenCount += part.Ids.Count;
        AddText(part.Text);
        alignment.AddRange((part.Alignment ?? []).Select(pair => new AlignedPair(pair.Source + firstSource, pair.Target + pieceCount)));
        pieceCount += part.Pieces.Count;
        if (form != TranslationForm.Json)
            return;
        pieces.AddRange(part.Pieces);
        ids.AddRange(part.Ids);
        tokenScores.AddRange(part.TokenScores);
        attention.AddRange((part.Attention ?? []).Select(row => (row, firstSource)));
    }

    /// <summary>Prints it as text, without the line's end.</summary>
    public void PrintText(Stream output)
    {
        foreach (var text in blocks)
            output.Write(Encoding.UTF8.GetBytes(PlainText.OneLine(text)));
        var end = new StringBuilder(PlainText.OneLine(block.ToString()));
        if (hasAlignment)
            end.Append(" ||| ").AppendJoin(' ', alignment);
        if (form == TranslationForm.TextAndScore)
            end.Append('\t').Append(Numbers.Text(Score));
        output.Write(Encoding.UTF8.GetBytes(end.ToString()));
    }

    /// <summary>Prints it as an object.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="sourceLength">The pieces of the whole source.</param>
    public void Print(JsonText json, int sourceLength)
    {
        json.BeginObject().Name("text").BeginText();
        foreach (var text in blocks)
            json.PartOfText(text);
        json.PartOfText(block.ToString()).EndText();
        json.Name("pieces").Texts(pieces).Name("ids").Numbers64(ids.Select(id => (long)id));
        json.Name("score").Number(Score).Name("token_scores").Vector(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tokenScores));
        if (hasAttention)
            PrintAttention(json, sourceLength);
        if (hasAlignment)
            PrintAlignment(json);
        json.EndObject();
    }

    private void AddText(string text)
    {
        if (block.Length >= BlockLength)
        {
            blocks.Add(block.ToString());
            block.Clear();
        }

        if (partCount > 1)
            block.Append(' ');
        block.Append(text);
    }

    private void PrintAttention(JsonText json, int sourceLength)
    {
        json.Name("attention").BeginArray();
        var wide = new float[sourceLength];
        foreach (var (weights, firstSource) in attention)
        {
            wide.AsSpan().Clear();
            weights.CopyTo(wide, firstSource);
            json.Vector(wide);
        }

        json.EndArray();
    }

    private void PrintAlignment(JsonText json)
    {
        json.Name("alignment").BeginArray();
        foreach (var pair in alignment)
            json.BeginArray().Number(pair.Source).Number(pair.Target).EndArray();
        json.EndArray();
    }
}
