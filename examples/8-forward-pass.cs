#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// The forward pass layer by layer: states, attention, and how likely the model finds a translation.
// dotnet run examples/8-forward-pass.cs
using Galvani;
using Galvani.Embeddings;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var (reader, scorer) = (new StateReader(model), new Scorer(model));
var source = model.Tokenize("Открыть файл");
var states = reader.Read(source, scorer.TokenizeTarget("Open File"));

Console.WriteLine($"{string.Join(' ', source.Pieces)}: [{source.Ids.Count}, {states.Width}]");
var other = reader.Read(model.Tokenize("Закрыть файл"));
foreach (var layer in (StateLayer[])[StateLayer.Static, .. Enumerable.Range(0, reader.LayerCount).Select(StateLayer.Of), StateLayer.Last])
{
    var (first, second) = (Pooling.Mean(states.Of(layer), states.Width), Pooling.Mean(other.Of(layer), states.Width));
    Console.WriteLine($"{layer,6}: cosine with 'Закрыть файл' {Similarity.Cosine(first, second):F4}");
}

// Cross-attention of the last layer, head 0: a row for <s>, ▁Open, ▁File; a column for each source piece.
foreach (var row in states.CrossAttention[^1][..(states.TargetIds.Count * source.Ids.Count)].Chunk(source.Ids.Count))
    Console.WriteLine(string.Join("  ", row.Select(weight => weight.ToString("F3"))));

var score = scorer.Score("Открыть файл", "Open File");
Console.WriteLine($"log-probability {score.LogProbability:F4} over {score.Ids.Count} tokens, perplexity {score.Perplexity:F3}");
