using System.CommandLine;
using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Embeddings;
using Galvani.Plots;

namespace Galvani.Cli.Commands;

/// <summary>A figure of sentences: their texts, the model, how vectors are made.</summary>
internal abstract class SentenceFigureCommand : FigureCommand
{
    private protected SentenceFigureCommand(string name, string description)
        : base(name, description)
    {
        Register(Texts);
        foreach (var option in (Option[])[.. Models.All, .. Vectors.All, Dimensions])
            Register(option);
    }

    private protected Argument<string[]> Texts { get; } = new("TEXT") { Description = "Sentences.", Arity = ArgumentArity.ZeroOrMore };

    private protected ModelOptions Models { get; } = new();

    private protected VectorOptions Vectors { get; } = new();

    private protected Option<string?> Dimensions { get; } = new("--dimensions") { Description = "Components to keep: 96 for the first 96, 10-19 for a range. Default all.", HelpName = "RANGE" };

    private protected DimensionRange? Range(ParseResult result) => result.GetValue(Dimensions) is { } text ? VectorOptions.ParseRange(text) : null;

    /// <summary>The encoder that the options ask for.</summary>
    private protected SentenceEncoder Encoder(ParseResult result, NmtModel model, bool isCentered) => VectorOptions.CreateEncoder(model, Vectors.Read(result, Models, Range(result), isCentered));

    /// <summary>The vectors of the sentences.</summary>
    private protected List<LabelledVector> Encode(ParseResult result, NmtModel model, SentenceEncoder encoder)
    {
        var texts = result.GetValue(Texts) ?? [];
        var vectors = Vectors.Tokenize(result, model, texts).Zip(texts, (line, text) => new LabelledVector(text, encoder.Encode(line))).ToList();
        if (vectors.Find(vector => vector.Values.Length == 0) is { } empty)
            throw new UsageException($"The sentence '{empty.Label}' has no pieces, it has no vector.");
        return vectors;
    }
}

/// <summary><c>galvani plot sentence</c>.</summary>
internal sealed class PlotSentenceCommand : SentenceFigureCommand
{
    public PlotSentenceCommand()
        : base("sentence", "The components of sentence vectors over the dimension index, one line a sentence.")
    {
    }

    public override IReadOnlyList<string> Examples => ["galvani plot sentence 'Мама мыла раму' 'Мама мыла окна' --dimensions 96 -o sentences.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var model = Models.Open(result);
        var encoder = Encoder(result, model, isCentered: false);
        var vectors = Encode(result, model, encoder);
        if (vectors.Count == 0)
            throw new UsageException("plot sentence needs one sentence at least.");
        return SentenceFigure.Create(vectors, $"sentence vectors: {VectorOptions.Describe(encoder)}", Range(result)?.First ?? 0);
    }
}

/// <summary><c>galvani plot similarity</c>.</summary>
internal sealed class PlotSimilarityCommand : SentenceFigureCommand
{
    public PlotSimilarityCommand()
        : base("similarity", "The cosines of all pairs of sentences, each vector centred by its own mean.")
    {
    }

    public override IReadOnlyList<string> Examples => ["galvani plot similarity 'Открыть файл' 'Закрыть файл' 'Привет, мир!' -o similarity.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var model = Models.Open(result);
        var encoder = Encoder(result, model, isCentered: true);
        var vectors = Encode(result, model, encoder);
        if (vectors.Count < 2)
            throw new UsageException("plot similarity needs two sentences at least.");
        return HeatMapFigure.CreateSimilarity([.. vectors.Select(vector => vector.Label)], Similarity.Matrix([.. vectors.Select(vector => vector.Values)]), $"cosine of {VectorOptions.Describe(encoder)}");
    }
}

/// <summary><c>galvani plot projection</c>.</summary>
internal sealed class PlotProjectionCommand : SentenceFigureCommand
{
    private readonly Option<int> count = new("--count") { Description = "Without sentences: how many tokens of the vocabulary, the first ones.", HelpName = "N", DefaultValueFactory = _ => 2000 };

    public PlotProjectionCommand()
        : base("projection", "Vectors on their two principal directions (PCA): sentences, or without any the vocabulary.") => Register(count);

    public override IReadOnlyList<string> Examples => ["galvani plot projection -o vocabulary.png", "galvani plot projection 'Открыть файл' 'Закрыть файл' 'Привет!' -o sentences.png"];

    private protected override Figure Create(ParseResult result)
    {
        using var model = Models.Open(result);
        var encoder = Encoder(result, model, isCentered: false);
        var vectors = Encode(result, model, encoder);
        var title = $"principal directions of {VectorOptions.Describe(encoder)}";
        if (vectors.Count == 0)
        {
            vectors = Vocabulary(result, model);
            title = $"principal directions of the first {vectors.Count} token vectors";
        }

        if (vectors.Count < 3)
            throw new UsageException($"plot projection needs three vectors at least, found {vectors.Count}.");
        var (coordinates, explained) = PrincipalComponents.Project([.. vectors.Select(vector => vector.Values)], count: 2);
        return ProjectionFigure.Create(coordinates, [.. vectors.Select(vector => vector.Label)], explained, title);
    }

    private List<LabelledVector> Vocabulary(ParseResult result, NmtModel model)
    {
        if (result.GetValue(count) < 3)
            throw new UsageException($"--count is {result.GetValue(count)}, expected at least 3.");
        var encoder = new SentenceEncoder(model);
        var tokens = model.SourceVocabulary.Tokens;
        return [.. Enumerable.Range(0, Math.Min(result.GetValue(count), tokens.Count)).Select(id => new LabelledVector(tokens[id], encoder.TokenVector(id)))];
    }
}
