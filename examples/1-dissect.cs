#:project ../src/Galvani/Galvani.csproj
#:property PublishAot=false

// What is in a checkpoint? The archive, the top level, the tensors, and why a tensor has its shape.
// dotnet run examples/1-dissect.cs [model.pt]
using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;

var path = args.Length > 0 ? args[0] : "samples/ru-en/model.pt";
using var checkpoint = OpenNmtCheckpoint.Open(path);
var file = checkpoint.Checkpoint;

Console.WriteLine($"{file.Entries.Count} archive entries, pickle protocol {file.PickleProtocol}");
foreach (var (key, value) in ObjectTree.Children(file.Root))
    Console.WriteLine($"{key}: {value.GetType().Name}");

foreach (var (label, text) in ArchitectureDescription.Of(checkpoint))
    Console.WriteLine($"{label}: {text}");

foreach (var tensor in checkpoint.Tensors.Take(3))
    Console.WriteLine($"{tensor.Name} [{string.Join(", ", tensor.View.Shape)}] {tensor.View.DType}");

var explainer = new ShapeExplainer(checkpoint);
var explanation = explainer.Explain(checkpoint.Tensors[0]);
Console.WriteLine($"{explanation.Name}: {explanation.Role}");
foreach (var dimension in explanation.Dimensions)
    Console.WriteLine($"  {dimension.Size}: {dimension.Meaning}, because of {dimension.Origin}");
