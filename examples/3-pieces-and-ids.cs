#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// Text to pieces, ids, and where each piece stands in the text; and back.
// dotnet run examples/3-pieces-and-ids.cs [text]
using Galvani;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var line = model.Tokenize(args.Length > 0 ? args[0] : "Мама мыла раму");

for (var i = 0; i < line.Pieces.Count; i++)
    Console.WriteLine($"{line.Ids[i],5} {line.Pieces[i],-8} bytes {line.Offsets[i].Start}-{line.Offsets[i].End}{(line.IsUnknown(i) ? " unknown" : "")}");
Console.WriteLine(model.Decode(line));
