#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// The tokens with their ids, and the options the model was trained with; what the file does not say is a default.
// dotnet run examples/2-vocabulary-and-options.cs [model.pt]
using Galvani.Models.OpenNmt;

using var checkpoint = OpenNmtCheckpoint.Open(args.Length > 0 ? args[0] : "samples/ru-en/model.pt");

var tokens = checkpoint.Vocabularies!.Source!;
Console.WriteLine($"{tokens.Count} source tokens, shared with the target: {checkpoint.Vocabularies.IsShared}");
for (var id = 0; id < 8; id++)
    Console.WriteLine($"{id,4} {tokens[id]}");

foreach (var name in (string[])["hidden_size", "heads", "transformer_ff", "position_encoding_type", "learning_rate", "warmup_steps"])
{
    var option = checkpoint.Options.Find(name)!;
    Console.WriteLine($"{name} = {option.Text} ({option.Origin})");
}
