#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// Translation: the best translations with their scores, what each target piece looked at, rules of one's own, sampling, and lines as they come.
// dotnet run examples/9-translate.cs [text]
using Galvani;
using Galvani.Generation;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var text = args.Length > 0 ? args[0] : "Вы уверены, что хотите удалить этот файл?";

var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { HypothesisCount = 3 }, ReportsAlignment = true });
var translation = translator.Translate(text);
Console.WriteLine($"The three best translations of '{text}', with their scores:");
foreach (var hypothesis in translation.Hypotheses)
    Console.WriteLine($"  {hypothesis.Score:F3}  {hypothesis.Text}");

Console.WriteLine("What each piece of the first looked at most:");
foreach (var pair in translation.Hypotheses[0].Alignment!.OrderBy(pair => pair.Target))
    Console.WriteLine($"  {translation.Hypotheses[0].Pieces[pair.Target],8} <- {translation.Source.Pieces[pair.Source]}");

// A rule edits the log-probabilities before the search chooses; the search does not know it.
var forbidden = model.TargetVocabulary!.IdOf("▁delete");
var ruled = new Translator(model, new TranslationOptions { Search = new SearchOptions { Rules = [new Forbid(forbidden), new RepetitionPenalty(1.2f)] } });
Console.WriteLine($"Without 'delete': {ruled.Translate(text).Text}");

// Drawn, not searched: the seed and the line's number decide, whatever the batch.
var sampling = new Translator(model, new TranslationOptions { Search = new SearchOptions { BeamWidth = 1, Sampling = new SamplingOptions { TopCount = 5, Seed = 1 } } });
Console.WriteLine($"Drawn from the five likeliest tokens: {sampling.Translate(text).Text}");

// Lines as they come: each is answered before the next one is waited for. Cancelling the token ends the work between two steps.
using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
await foreach (var line in translator.TranslateAsync(Lines(), deadline.Token))
    Console.WriteLine($"{line.Text} ({string.Join(' ', line.Source.Pieces)})");

static async IAsyncEnumerable<string> Lines()
{
    foreach (var line in (string[])["Открыть файл", "Размер шрифта"])
    {
        await Task.Delay(10);
        yield return line;
    }
}

sealed class Forbid(int token) : IDecodingRule
{
    public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities) => logProbabilities[token] = float.NegativeInfinity;
}

/// <summary>Tokens that the hypothesis has already become less likely: their log-probabilities are multiplied.</summary>
sealed class RepetitionPenalty(float factor) : IDecodingRule
{
    public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            if (!tokens[..i].Contains(tokens[i])) // each token once
                logProbabilities[tokens[i]] *= factor;
        }
    }
}
