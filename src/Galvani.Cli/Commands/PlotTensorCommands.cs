using System.CommandLine;
using System.Globalization;
using Galvani.Checkpoints.Operations;
using Galvani.Cli.Hosting;
using Galvani.Cli.Views;
using Galvani.Embeddings;
using Galvani.Models.OpenNmt;
using Galvani.Plots;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani plot positions</c>.</summary>
internal sealed class PlotPositionsCommand : FigureCommand
{
    private static readonly int[] DefaultPositions = [0, 1, 2, 10, 100];

    private readonly Argument<int[]> positions = new("POSITION") { Description = "Positions to draw as curves. Default 0 1 2 10 100.", Arity = ArgumentArity.ZeroOrMore };
    private readonly ModelOptions models = new();
    private readonly Option<bool> heatMap = new("--heat-map") { Description = "The whole table as a heat map." };
    private readonly Option<string?> dimensions = new("--dimensions") { Description = "Components to keep. Default all.", HelpName = "RANGE" };

    public PlotPositionsCommand()
        : base("positions", "Rows of the positional table over the dimension index, or the whole table as a heat map.")
    {
        Register(positions);
        foreach (var option in (Option[])[models.Model, models.Limits.Option, heatMap, dimensions])
            Register(option);
    }

    public override IReadOnlyList<string> Examples => ["galvani plot positions 0 1 2 10 -o positions.png", "galvani plot positions --heat-map -o table.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var checkpoint = models.OpenCheckpoint(result);
        var table = checkpoint.Find(OpenNmtNames.SourcePositions) ?? checkpoint.Find(OpenNmtNames.TargetPositions)
            ?? throw new CommandException($"This model has no positional table ({checkpoint.Checkpoint.FilePath}).");
        var rowCount = checked((int)table.View.Shape[0]);
        var width = checked((int)(table.View.ElementCount / rowCount));
        if (result.GetValue(heatMap))
        {
            if (result.GetValue(positions) is { Length: > 0 } || result.GetValue(dimensions) is not null)
                throw new UsageException("--heat-map draws the whole table: it takes no positions and no --dimensions.");
            return HeatMapFigure.Create(table.View.ToSingles(), width, "positional table", "dimension", "position");
        }

        var range = result.GetValue(dimensions) is { } text ? VectorOptions.ParseRange(text) : new DimensionRange(0, width);
        var chosen = result.GetValue(positions) is { Length: > 0 } given ? given : [.. DefaultPositions.Where(position => position < rowCount)];
        var vectors = new List<LabelledVector>();
        foreach (var position in chosen)
        {
            if (position < 0 || position >= rowCount)
                throw new UsageException($"Position {position} is outside the table, which has rows 0 to {rowCount - 1}.");
            var row = new float[width];
            table.View.ReadRow(position, row);
            vectors.Add(new LabelledVector(string.Create(CultureInfo.InvariantCulture, $"position {position}"), range.Cut(row)));
        }

        return SentenceFigure.Create(vectors, "positional vectors", range.First);
    }
}

/// <summary><c>galvani plot tensor</c>.</summary>
internal sealed class PlotTensorCommand : FigureCommand
{
    private const long AlwaysDrawn = 50_000_000;

    private readonly Argument<string> name = new("NAME") { Description = "The tensor's name; galvani inspect --tensors lists them." };
    private readonly ModelOptions models = new();

    public PlotTensorCommand()
        : base("tensor", "A tensor as a heat map, and the distribution of its numbers.")
    {
        Register(name);
        Register(models.Model);
        Register(models.Limits.Option);
    }

    public override IReadOnlyList<string> Examples => ["galvani plot tensor encoder.transformer.0.self_attn.linear_query.weight -o query.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var checkpoint = models.OpenCheckpoint(result);
        var tensor = TensorChoice.One(checkpoint, result.GetValue(name)!);
        if (tensor.View.ElementCount == 0)
            throw new CommandException($"{tensor.Name} has no elements, there is nothing to draw.");
        var most = Math.Max(AlwaysDrawn, tensor.View.Storage.ByteCount); // memory is that of the elements laid out, which those of an expanded tensor are not in the file
        if (tensor.View.ElementCount > most)
            throw new CommandException(FormattableString.Invariant($"{tensor.Name} has {tensor.View.ElementCount} elements in a storage of {tensor.View.Storage.ByteCount} bytes, expected {most} elements at most to draw."));
        var columns = tensor.View.Rank == 0 ? 1 : checked((int)tensor.View.Shape[^1]);
        return HeatMapFigure.CreateWithHistogram(tensor.View.ToSingles(), columns, $"{tensor.Name} {TensorsView.Shape(tensor.View)}");
    }
}

/// <summary><c>galvani plot tokens</c>.</summary>
internal sealed class PlotTokensCommand : FigureCommand
{
    private readonly ModelOptions models = new();

    public PlotTokensCommand()
        : base("tokens", "The norm of each row of the source embedding over its token's id; the extreme ones are named.")
    {
        Register(models.Model);
        Register(models.Limits.Option);
    }

    public override IReadOnlyList<string> Examples => ["galvani plot tokens -o norms.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var checkpoint = models.OpenCheckpoint(result);
        var isSource = checkpoint.Find(OpenNmtNames.SourceEmbedding) is not null;
        var table = checkpoint.Require(isSource ? OpenNmtNames.SourceEmbedding : OpenNmtNames.TargetEmbedding);
        return TokenNormFigure.Create(TensorStatistics.RowNorms(table), isSource ? checkpoint.Vocabularies?.Source : checkpoint.Vocabularies?.Target, "norm of each token's vector");
    }
}
