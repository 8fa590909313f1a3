using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>What became of a batch of lines. Taken from a pool and given back, so that a long run makes no garbage of it.</summary>
internal sealed class EmbeddedBatch
{
    private float[] values = [];
    private int used;

    public EmbeddedBatch() => Json = new JsonText(Text);

    /// <summary>Prints to <see cref="Text"/>.</summary>
    public JsonText Json { get; }

    /// <summary>A line that is still to be worked on, then the batch is that line; else null.</summary>
    public LaterLine? Later { get; init; }

    /// <summary>The rows of each line: its tokens, or 1 for a mean, 0 for a blank line.</summary>
    public List<int> RowCounts { get; } = [];

    /// <summary>The numbers of all lines, one behind the other; of a blank line none, or one row of zeros where each line has one.</summary>
    public ReadOnlySpan<float> Values => values.AsSpan(0, used);

    /// <summary>The bytes to print.</summary>
    public MemoryStream Text { get; } = new();

    /// <summary>Room for more numbers; its content is undefined.</summary>
    public Span<float> Add(int count)
    {
        if (values.Length - used < count)
            Array.Resize(ref values, Math.Max(2 * values.Length, used + count));
        used += count;
        return values.AsSpan(used - count, count);
    }

    /// <summary>Empties the batch, keeping its memory.</summary>
    public void Clear()
    {
        used = 0;
        RowCounts.Clear();
        Text.SetLength(0);
    }
}
