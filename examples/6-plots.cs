#:project ../src/Galvani/Galvani.csproj
#:project ../src/Galvani.Plots/Galvani.Plots.csproj
#:property PublishAot=false

// A picture of sentence vectors.
// dotnet run examples/6-plots.cs [sentences.png]
using Galvani;
using Galvani.Plots;

using var model = NmtModel.Open("samples/ru-en/model.pt");
var encoder = new SentenceEncoder(model);
string[] sentences = ["Мама мыла раму", "Мама мыла окна", "Здравствуй, мир!"];

var figure = SentenceFigure.Create([.. sentences.Select(text => new LabelledVector(text, encoder.Encode(text)))], "sentence vectors");
var path = args.Length > 0 ? args[0] : "sentences.png";
File.WriteAllBytes(path, figure.ToFile(path, FigureSize.Default));
Console.WriteLine($"wrote {path}");
