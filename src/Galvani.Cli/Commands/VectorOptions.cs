using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Embeddings;

namespace Galvani.Cli.Commands;

/// <summary>The options that say how text becomes vectors.</summary>
internal sealed class VectorOptions
{
    public Option<string> Scaling { get; } = new("--scaling")
    {
        Description = "study: token vector + positional row, as they are. model: token vectors times sqrt(width) first, as the model does it.", HelpName = "study|model", DefaultValueFactory = _ => "study",
    };

    public Option<bool> NoPositions { get; } = new("--no-positions") { Description = "Leave the positional rows out." };

    public Option<bool> Pieces { get; } = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces; features behind ￨." };

    public Option<string> Layer { get; } = new("--layer")
    {
        Description = "The states taken: static runs no layer; N is the output of encoder layer N, from 0; last is what the decoder sees, after the final norm.", HelpName = "static|N|last", DefaultValueFactory = _ => "static",
    };

    public IEnumerable<Option> All => [Scaling, NoPositions, Pieces, Layer];

    /// <summary>The options of an encoder; says which options of the model have no effect on its vectors.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="models">The options of the model.</param>
    /// <param name="dimensions">The components to keep; null for all.</param>
    /// <param name="isCentered">Whether each vector is centred by its own mean.</param>
    public EmbeddingOptions Read(ParseResult result, ModelOptions models, DimensionRange? dimensions, bool isCentered)
    {
        var layer = LayerOf(result);
        if (layer == StateLayer.Static)
            WithoutEffect.Say(result, "no layer is run without --layer", models.Rotary, models.Compute);
        else
            WithoutEffect.Say(result, "a layer's states have the model's own scale in them", Scaling);
        return new EmbeddingOptions
        {
            Layer = layer,
            Scaling = ScalingOf(result.GetValue(Scaling)!),
            Parts = result.GetValue(NoPositions) ? VectorParts.Tokens : VectorParts.Sum,
            Dimensions = dimensions,
            IsCentered = isCentered,
        };
    }

    /// <summary>An encoder of a model by the options.</summary>
    /// <exception cref="UsageException">The model lacks the layer, the dimensions or the positions.</exception>
    public static SentenceEncoder CreateEncoder(NmtModel model, EmbeddingOptions options)
    {
        try
        {
            return new SentenceEncoder(model, options);
        }
        catch (ArgumentException exception) when (exception.ParamName == nameof(options))
        {
            throw new UsageException(Failure.WithoutParameter(exception));
        }
    }

    /// <summary>The texts of the command line as pieces, by the options.</summary>
    /// <exception cref="CommandException">A text is not what the model takes; its number is named.</exception>
    public IReadOnlyList<TokenizedLine> Tokenize(ParseResult result, NmtModel model, IEnumerable<string> texts) => new LineTokens(model, result.GetValue(Pieces)).OfAll(texts);

    /// <summary>What the vectors of sentences are, in words: the means of what.</summary>
    public static string Describe(SentenceEncoder encoder) => $"the means of {Rows(encoder)}{(encoder.Options.IsCentered ? ", centred" : "")}";

    /// <summary>A range of dimensions: <c>96</c> or <c>10-19</c>.</summary>
    public static DimensionRange ParseRange(string text) =>
        DimensionRange.TryParse(text, out var range) ? range : throw new UsageException($"'{text}' is no range of dimensions; 96 keeps the first 96, 10-19 the components 10 to 19.");

    private static string Rows(SentenceEncoder encoder)
    {
        if (encoder.IsContextual)
            return encoder.Options.Layer == StateLayer.Last ? "the last layer's states, after the final norm" : $"the states of layer {encoder.Options.Layer}";
        var scaled = encoder.Scale == 1 ? "token vector" : FormattableString.Invariant($"token vector x sqrt({encoder.ModelWidth})");
        return encoder.UsesPositions ? scaled + " + positional row" : scaled;
    }

    private StateLayer LayerOf(ParseResult result)
    {
        if (!StateLayer.TryParse(result.GetValue(Layer), out var layer))
            throw new UsageException($"--layer is {result.GetValue(Layer)}, expected static, last or the number of a layer, from 0.");
        if (layer != StateLayer.Static && result.GetValue(NoPositions))
            throw new UsageException("--layer and --no-positions do not go together: a layer's states have positions in them.");
        return layer;
    }

    private static EmbeddingScaling ScalingOf(string name) => name switch
    {
        "study" => EmbeddingScaling.Study,
        "model" => EmbeddingScaling.Model,
        _ => throw new UsageException($"--scaling is {name}, expected study or model."),
    };
}
