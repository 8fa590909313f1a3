using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>The translation of a line, which comes in one part or several, and how it is printed: rank by rank, as far as all parts have hypotheses.</summary>
/// <param name="line">The line.</param>
/// <param name="form">How it is printed.</param>
/// <param name="lineCount">As text, the lines that are printed: the hypotheses that were asked for, also where there are fewer.</param>
internal sealed class JoinedTranslation(InputLine line, TranslationForm form, int lineCount)
{
    private List<JoinedHypothesis>? hypotheses; // null before the first part
    private int sourceLength;

    /// <summary>Takes the translation of the next part.</summary>
    public void Add(Translation part)
    {
        hypotheses ??= [.. part.Hypotheses.Select(_ => new JoinedHypothesis(form))];
        var common = Math.Min(hypotheses.Count, part.Hypotheses.Count);
        hypotheses.RemoveRange(common, hypotheses.Count - common);
        for (var rank = 0; rank < common; rank++)
            hypotheses[rank].Add(part.Hypotheses[rank], sourceLength);
        sourceLength += part.Source.Ids.Count;
    }

    /// <summary>Prints it.</summary>
    public void Print(Stream output)
    {
        if (form == TranslationForm.Json)
            PrintObject(output);
        else
            PrintLines(output);
    }

    private void PrintLines(Stream output)
    {
        for (var rank = 0; rank < lineCount; rank++)
        {
            if (rank < hypotheses?.Count)
                hypotheses[rank].PrintText(output);
            output.Write("\n"u8);
        }
    }

    private void PrintObject(Stream output)
    {
        var json = new JsonText(output);
        json.BeginObject().Name("text").Text(line.Utf8.Span).Name("hypotheses").BeginArray();
        foreach (var hypothesis in hypotheses ?? [])
            hypothesis.Print(json, sourceLength);
        json.EndArray().EndObject().EndLine();
    }
}
