#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// Translation: the best translations with their scores, what each target piece looked at, a rule of one's own, and lines as they come.
// dotnet run examples/9-translate.cs [text]
using Galvani;
using Galvani.Generation;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var text = args.Length > 0 ? args[0] : "Вы уверены, что хотите удалить этот файл?";

var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { HypothesisCount = 3 }, ReportsAlignment = true });
var translation = translator.Translate(text);
foreach (var hypothesis in translation.Hypotheses)
    Console.WriteLine($"{hypothesis.Score:F3}  {hypothesis.Text}");
foreach (var pair in translation.Hypotheses[0].Alignment!)
    Console.WriteLine($"{translation.Source.Pieces[pair.Source],12} - {translation.Hypotheses[0].Pieces[pair.Target]}");

// A rule edits the log-probabilities before the search chooses; the search does not know it.
var forbidden = model.TargetVocabulary!.IdOf("▁delete");
var ruled = new Translator(model, new TranslationOptions { Search = new SearchOptions { Rules = [new Forbid(forbidden)] } });
Console.WriteLine($"without 'delete': {ruled.Translate(text).Text}");

// Lines as they come: each is answered before the next one is waited for.
await foreach (var line in translator.TranslateAsync(Lines()))
    Console.WriteLine(line.Text);

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
