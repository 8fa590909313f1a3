#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// The forward pass layer by layer: what the encoder makes of a sentence, where the decoder looks, and how likely the model finds a translation, token by token.
// dotnet run examples/8-forward-pass.cs
using Galvani;
using Galvani.Embeddings;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var (reader, scorer) = (new StateReader(model), new Scorer(model));
var (source, target) = (model.Tokenize("Открыть файл"), scorer.TokenizeTarget("Open File"));
var states = reader.Read(source, target);

// The encoder: each layer turns [S, D] into [S, D]. How far does it move the tokens, and how near is the sentence to another one then?
Console.WriteLine($"The encoder reads {source.Ids.Count} pieces ({string.Join(' ', source.Pieces)}), a state of {states.Width} numbers for each.");
var other = reader.Read(model.Tokenize("Закрыть файл"));
var before = states.Embedded;
foreach (var layer in (StateLayer[])[StateLayer.Static, .. Enumerable.Range(0, reader.LayerCount).Select(StateLayer.Of), StateLayer.Last])
{
    var rows = states.Of(layer); // [S, D]
    var (sentence, compared) = (Pooling.Mean(rows, states.Width), Pooling.Mean(other.Of(layer), states.Width));
    Console.WriteLine($"  {layer,6}: cosine with the states before {Similarity.Cosine(before, rows):F3}, with 'Закрыть файл' {Similarity.Cosine(sentence, compared):F3}");
    before = rows;
}

// Cross-attention of the last layer, head 0: a row for each place of the decoder, a column for each source piece.
Console.WriteLine("Where the decoder looks (last layer, head 0) when it chooses");
string[] chosen = [.. target.Pieces, "the end"];
var attention = states.CrossAttention[^1][..(chosen.Length * source.Ids.Count)].Chunk(source.Ids.Count);
foreach (var (piece, row) in chosen.Zip(attention))
    Console.WriteLine($"  {piece,8}: {string.Join("  ", source.Pieces.Zip(row, (from, weight) => $"{from} {weight:F3}"))}");

// The generator: a distribution over the whole vocabulary at each place, of which the score takes the given token's.
var score = scorer.Score(source, target);
var distributions = scorer.LogProbabilities(source, target).Chunk(model.TargetVocabulary!.Count); // T rows of V
foreach (var (place, (row, id)) in distributions.Zip(score.Ids).Index())
{
    var best = row.Index().OrderByDescending(entry => entry.Item).Take(3).Select(entry => $"{model.TargetVocabulary.Tokens[entry.Index]} {Math.Exp(entry.Item):P0}");
    Console.WriteLine($"  token {place}: {model.TargetVocabulary.Tokens[id]} has {score.TokenLogProbabilities[place]:F4}; likeliest: {string.Join(", ", best)}");
}

Console.WriteLine($"log-probability {score.LogProbability:F4} over {score.Ids.Count} tokens, perplexity {score.Perplexity:F3}");
