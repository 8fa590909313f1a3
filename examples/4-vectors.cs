#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// Token vectors, positional vectors, their sum, and the mean as a sentence vector: the study's way and the model's way.
// dotnet run examples/4-vectors.cs [text]
using Galvani;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var line = model.Tokenize(args.Length > 0 ? args[0] : "Мама мыла раму");

foreach (var parts in Enum.GetValues<VectorParts>())
{
    var encoder = new SentenceEncoder(model, new EmbeddingOptions { Parts = parts });
    var rows = encoder.EncodeTokens(line);                      // [S, D]
    Console.WriteLine($"{parts}: [{line.Ids.Count}, {encoder.Width}], first row begins {rows[0]:F4} {rows[1]:F4} {rows[2]:F4}");
}

foreach (var scaling in Enum.GetValues<EmbeddingScaling>())
{
    var encoder = new SentenceEncoder(model, new EmbeddingOptions { Scaling = scaling });
    var vector = encoder.Encode(line);                          // [D]
    Console.WriteLine($"{scaling}: token vectors x {encoder.Scale}, sentence vector begins {vector[0]:F4} {vector[1]:F4} {vector[2]:F4}");
}
