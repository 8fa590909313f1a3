#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// How alike are sentences? Cosines of centred sentence vectors, on all dimensions and on the first few.
// dotnet run examples/5-similarity.cs
using Galvani;
using Galvani.Embeddings;

using var model = NmtModel.Open("samples/ru-en/model.pt");
string[] sentences = ["Мама мыла раму", "Мама мыла окна", "Здравствуй, мир!"];

foreach (var dimensions in (int[])[256, 128, 64, 32, 16])
{
    var encoder = new SentenceEncoder(model, new EmbeddingOptions { Dimensions = new DimensionRange(0, dimensions), IsCentered = true });
    var vectors = sentences.Select(encoder.Encode).ToList();
    var cosines = vectors.Select(vector => Similarity.Cosine(vectors[0], vector));
    Console.WriteLine($"{dimensions,4}: {string.Join("  ", cosines.Select(cosine => cosine.ToString("F4")))}");
}
