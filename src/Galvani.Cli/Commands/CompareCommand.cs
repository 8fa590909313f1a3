using System.CommandLine;
using System.Globalization;
using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Embeddings;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani compare</c>: sentences, their vectors and how alike they are.</summary>
internal sealed class CompareCommand : CliCommand
{
    private readonly ModelOptions models = new();
    private readonly VectorOptions vectors = new();
    private readonly Argument<string[]> texts = new("TEXT") { Description = "Two sentences at least.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> order = new("--order") { Description = "The first sentence against all: in input order, or ranked. Default: every sentence against every other.", HelpName = "input|rank" };
    private readonly Option<string?> dimensions = new("--dimensions") { Description = "Keep the first K components; a list such as 768,384,192 gives a line for each.", HelpName = "LIST" };
    private readonly Option<bool> notCentered = new("--no-center") { Description = "Do not centre each vector by its own mean." };
    private readonly Option<bool> json = new("--json") { Description = "One JSON document." };

    public CompareCommand()
        : base("compare", "Shows sentences as pieces and ids, and the cosines of their vectors, each centred by its own mean.")
    {
        Register(texts);
        foreach (var option in (Option[])[.. models.All, .. vectors.All, order, dimensions, notCentered, json])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani compare 'Мама мыла раму' 'Мама мыла окна' 'Здравствуй, мир!'",
        "galvani compare 'Открыть файл' 'Закрыть файл' 'Привет!' --order rank --no-positions",
        "galvani compare 'Мама мыла раму' 'Мама мыла окна' --dimensions 256,128,64,32,16",
        "galvani compare 'Открыть файл' 'Закрыть файл' 'Привет!' --layer last",
    ];

    protected override int Execute(ParseResult result)
    {
        if (result.GetValue(order) is not (null or "input" or "rank"))
            throw new UsageException($"--order is {result.GetValue(order)}, expected input or rank.");
        if (result.GetValue(texts)!.Length < 2)
            throw new UsageException("One sentence is given, expected two at least.");
        if (result.GetValue(json))
            WithoutEffect.Say(result, "--json shows every cosine in the order of the sentences", order);
        var ranges = result.GetValue(dimensions)?.Split(',').Select(VectorOptions.ParseRange).ToList();
        using var model = models.Open(result);
        var sentences = result.GetValue(texts)!.Zip(vectors.Tokenize(result, model, result.GetValue(texts)!), (text, line) => (Text: text, Line: line)).ToList();
        if (sentences.FindIndex(sentence => sentence.Line.Ids.Count == 0) is >= 0 and var empty)
            throw new UsageException($"Sentence {empty + 1} has no pieces, it has no vector.");
        var encoders = (ranges?.Cast<DimensionRange?>() ?? [null]).Select(range => VectorOptions.CreateEncoder(model, vectors.Read(result, models, range, !result.GetValue(notCentered)))).ToList();
        var matrices = encoders.Select(encoder => Similarity.Matrix([.. sentences.Select(sentence => encoder.Encode(sentence.Line))])).ToList();
        if (result.GetValue(json))
            Standard.WriteJson(output => WriteJson(output, model, sentences, encoders, matrices));
        else
            Standard.Write(output => WriteText(output, result.GetValue(order), model, sentences, encoders, matrices));
        return ExitCodes.Done;
    }

    private static void WriteText(TextWriter output, string? order, NmtModel model, List<(string Text, TokenizedLine Line)> sentences, List<SentenceEncoder> encoders, List<double[,]> matrices)
    {
        for (var i = 0; i < sentences.Count; i++)
        {
            var (text, line) = sentences[i];
            output.Write(FormattableString.Invariant($"{i + 1}  {PlainText.Visible(text)}\n"));
            var table = new TextTable("", "")
                .Add("pieces", string.Join(' ', line.Pieces.Select((piece, index) => line.IsUnknown(index) ? $"{PlainText.Visible(piece)}(<unk>)" : PlainText.Visible(piece))))
                .Add("ids", string.Join(' ', line.Ids));
            foreach (var values in FeaturesOf(model, line))
                table.Add("features", string.Join(' ', values.Select(PlainText.Visible)));
            table.Add("decoded", PlainText.Visible(model.Decode(line)))
                .Add("shape", FormattableString.Invariant($"[{line.Ids.Count}, {encoders[0].ModelWidth}] -> [{encoders[0].Width}]"))
                .Write(output, "   ");
        }

        output.Write("\n");
        output.Write($"cosine of {VectorOptions.Describe(encoders[0])}\n");
        if (order is not null && encoders.Count == 1)
            WriteList(output, order, sentences, matrices[0]);
        else if (order is not null || encoders.Count > 1)
            WriteAgainstFirst(output, order, sentences.Count, encoders, matrices);
        else
            WriteMatrix(output, matrices[0]);
    }

    /// <summary>The values of each source feature as the model takes them: those outside its vocabulary are <c>&lt;unk&gt;</c>.</summary>
    private static IEnumerable<IReadOnlyList<string>> FeaturesOf(NmtModel model, TokenizedLine line) =>
        line.Features.Zip(model.Checkpoint.Vocabularies!.SourceFeatures, (ids, values) => (IReadOnlyList<string>)[.. ids.Select(id => values[id])]);

    private static void WriteMatrix(TextWriter output, double[,] matrix)
    {
        var count = matrix.GetLength(0);
        var table = new TextTable(["", .. Enumerable.Range(1, count).Select(Label)]).AlignRight([.. Enumerable.Range(0, count + 1)]);
        for (var i = 0; i < count; i++)
            table.Add([Label(i + 1), .. Enumerable.Range(0, count).Select(j => Cosine(matrix[i, j]))]);
        table.Write(output);
    }

    /// <summary>The first sentence against all, a line each.</summary>
    private static void WriteList(TextWriter output, string order, List<(string Text, TokenizedLine Line)> sentences, double[,] matrix)
    {
        var table = new TextTable("", "cosine with 1", "").AlignRight(0, 1);
        foreach (var j in InOrder(order, sentences.Count, matrix))
            table.Add(Label(j + 1), Cosine(matrix[0, j]), PlainText.Visible(sentences[j].Text));
        table.Write(output);
    }

    private static List<int> InOrder(string? order, int count, double[,] matrix)
    {
        var indexes = Enumerable.Range(0, count);
        return order == "rank" ? [.. indexes.OrderByDescending(j => matrix[0, j]).ThenBy(j => j)] : [.. indexes];
    }

    private static void WriteAgainstFirst(TextWriter output, string? order, int count, List<SentenceEncoder> encoders, List<double[,]> matrices)
    {
        var columns = InOrder(order, count, matrices[0]);
        var table = new TextTable(["dimensions", .. columns.Select(j => Label(j + 1))]).AlignRight([.. Enumerable.Range(0, count + 1)]);
        for (var k = 0; k < encoders.Count; k++)
            table.Add([RangeText(encoders[k]), .. columns.Select(j => Cosine(matrices[k][0, j]))]);
        table.Write(output);
    }

    private static string RangeText(SentenceEncoder encoder) => encoder.Options.Dimensions switch
    {
        null or { First: 0 } => Label(encoder.Width),
        { } range => FormattableString.Invariant($"{range.First}-{range.First + range.Count - 1}"),
    };

    private static string Label(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Cosine(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static void WriteJson(JsonText output, NmtModel model, List<(string Text, TokenizedLine Line)> sentences, List<SentenceEncoder> encoders, List<double[,]> matrices)
    {
        output.BeginObject().Name("sentences").BeginArray();
        foreach (var (text, line) in sentences)
        {
            output.BeginObject().Name("text").Text(text).Name("pieces").Texts(line.Pieces).Name("ids").Numbers64(line.Ids.Select(id => (long)id))
                .Name("unknown").Numbers64(Enumerable.Range(0, line.Ids.Count).Where(line.IsUnknown).Select(index => (long)index));
            if (line.Features.Count > 0)
            {
                output.Name("features").BeginArray();
                foreach (var values in FeaturesOf(model, line))
                    output.Texts(values);
                output.EndArray();
            }

            output.Name("decoded").Text(model.Decode(line)).Name("shape").Numbers64([line.Ids.Count, encoders[0].ModelWidth]).EndObject();
        }

        output.EndArray().Name("similarities").BeginArray();
        for (var k = 0; k < encoders.Count; k++)
        {
            output.BeginObject().Name("dimensions").Number(encoders[k].Width).Name("cosine").BeginArray();
            for (var i = 0; i < sentences.Count; i++)
            {
                output.BeginArray();
                for (var j = 0; j < sentences.Count; j++)
                    output.Number(matrices[k][i, j]);
                output.EndArray();
            }

            output.EndArray().EndObject();
        }

        output.EndArray().EndObject();
    }
}
