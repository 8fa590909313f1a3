using System.Numerics.Tensors;

namespace Galvani.Generation;

/// <summary>The attention that every row has given to its source so far, and what that costs. Memory is kept from batch to batch.</summary>
internal sealed class BeamCoverage(SearchOptions options)
{
    private float[] current = []; // [R, stride]
    private float[] next = [];
    private float[] penalties = []; // [R], of the rows of this step
    private float[] nextPenalties = [];
    private float[] scratch = [];
    private int stride;
    private int step;

    public void Reset(IDecoder decoder, int rowCapacity)
    {
        stride = 0;
        for (var sentence = 0; sentence < decoder.SentenceCount; sentence++)
            stride = Math.Max(stride, decoder.SourceLength(sentence));
        step = 0;
        var size = checked(rowCapacity * stride);
        if (next.Length < size || nextPenalties.Length < rowCapacity)
            (current, next, penalties, nextPenalties) = (new float[size], new float[size], new float[rowCapacity], new float[rowCapacity]);
        if (scratch.Length < stride)
            scratch = new float[stride];
    }

    /// <summary>Stepwise penalties, before a choice: a row gets back what the last step took, and loses what it would cost with this step's attention.</summary>
    public void PenalizeSums(IDecoder decoder, RowSet rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            var attention = decoder.Attention(row);
            var coverage = scratch.AsSpan(0, attention.Length);
            TensorPrimitives.Add(next.AsSpan(row * stride, attention.Length), attention, coverage);
            var cost = CoveragePenalties.Of(options.CoveragePenalty, options.CoverageBeta, coverage);
            rows[row].Sum = rows[row].Sum + nextPenalties[row] - cost;
        }
    }

    /// <summary>Makes the rows that the last step added the rows of this one.</summary>
    public void BeginStep()
    {
        (current, next) = (next, current);
        (penalties, nextPenalties) = (nextPenalties, penalties);
        step++;
    }

    /// <summary>The coverage of a continuation: its row's, and the attention of this step. Kept for the next row, which a finished hypothesis leaves to its successor.</summary>
    /// <returns>The penalty.</returns>
    public float Extend(IDecoder decoder, int row, int nextRow, int sourceLength)
    {
        var coverage = next.AsSpan(nextRow * stride, sourceLength);
        var attention = decoder.Attention(row);
        if (step == 1)
            attention.CopyTo(coverage);
        else
            TensorPrimitives.Add(current.AsSpan(row * stride, sourceLength), attention, coverage);
        var penalty = CoveragePenalties.Of(options.CoveragePenalty, options.CoverageBeta, coverage);
        nextPenalties[nextRow] = step == 1 ? 0 : penalty; // OpenNMT-py takes nothing back after the first step
        return penalty;
    }
}
