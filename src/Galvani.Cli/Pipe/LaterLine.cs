using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>A line of which so much is printed that it is made while it is written.</summary>
/// <param name="embedder">Works on it.</param>
/// <param name="line">The line.</param>
/// <param name="text">What is printed.</param>
/// <param name="mean">Its vector, empty where it has no tokens; null where it becomes a row for each token.</param>
internal sealed class LaterLine(LongLineEmbedder embedder, InputLine line, EmbeddedText text, float[]? mean)
{
    /// <summary>Prints the line.</summary>
    public void Print(Stream output)
    {
        var json = new JsonText(output);
        if (text == EmbeddedText.Object)
        {
            embedder.BeginObject(line, json);
            json.Name(mean is null ? "vectors" : "vector");
        }

        if (mean is null)
            embedder.PrintRows(line, json);
        else
            json.Vector(mean);
        if (text == EmbeddedText.Object)
            json.EndObject();
        json.EndLine();
    }

    /// <summary>Hands on the rows of the line's tokens.</summary>
    /// <returns>Their number.</returns>
    public int SendRows(Action<ReadOnlySpan<float>> take) => embedder.SendRows(line, take);
}
