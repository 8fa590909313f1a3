#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// Cut the embeddings out into a file of their own, and use that file alone.
// dotnet run examples/7-extract.cs [small.pt]
using Galvani;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

var target = args.Length > 0 ? args[0] : "small.pt";
using (var checkpoint = OpenNmtCheckpoint.Open("samples/ru-en/model.pt"))
{
    var tensors = PartExtraction.TensorsOf(checkpoint, "embeddings");
    var content = PartExtraction.Build(checkpoint, tensors, "embeddings", positionCount: 512, rename: name => name, out var report);
    CheckpointFile.Write(CheckpointDestination.File(target), content);
    Console.WriteLine($"kept {string.Join(", ", report.TensorNames)}: {report.Bytes} of {report.SourceBytes} bytes");
}

using var part = NmtModel.Open(target, new NmtModelOptions { TokenizerPath = "samples/ru-en/sentencepiece.model" });
Console.WriteLine($"{part.Checkpoint.Part!.Part} of {part.Checkpoint.Part.Source}");
Console.WriteLine(string.Join(' ', new SentenceEncoder(part).Encode("Привет, мир!").Take(4).Select(value => value.ToString("F4"))));
