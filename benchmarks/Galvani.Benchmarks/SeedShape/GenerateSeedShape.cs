using Galvani.Checkpoints;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Benchmarks.SeedShape;

/// <summary>
/// Writes a seed-shape checkpoint with random weights, and the sample's tokenizer beside it, so that every command works on it.
/// Arguments: -o FILE [--untied] [--dtype float32 | float16].
/// </summary>
internal static class GenerateSeedShape
{
    private const string TokenizerName = "sentencepiece.model";

    /// <summary>Writes the files and prints their names and sizes.</summary>
    public static int Run(string[] arguments)
    {
        var (path, generator, type) = ((string?)null, GeneratorSharing.Tied, DType.Float32);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "-o" when i + 1 < arguments.Length:
                    path = arguments[++i];
                    break;
                case "--untied":
                    generator = GeneratorSharing.Untied;
                    break;
                case "--dtype" when i + 1 < arguments.Length && arguments[i + 1] is "float32" or "float16":
                    type = arguments[++i] == "float32" ? DType.Float32 : DType.Float16;
                    break;
                default:
                    Console.Error.WriteLine($"Found '{arguments[i]}', expected -o FILE [--untied] [--dtype float32 | float16].");
                    return 2;
            }
        }

        if (path is null)
        {
            Console.Error.WriteLine("No output file is given, expected -o FILE.");
            return 2;
        }

        Write(path, generator, type);
        return 0;
    }

    private static void Write(string path, GeneratorSharing generator, DType type)
    {
        var sample = Path.Combine(Measure.RepositoryRoot, "samples", "ru-en");
        using var template = Checkpoint.Open(Path.Combine(sample, "model.pt"));
        CheckpointWriter.Write(path, new SeedShapeCheckpoint(template, type).Build(generator));
        var tokenizer = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, TokenizerName);
        File.Copy(Path.Combine(sample, TokenizerName), tokenizer, overwrite: true);
        Console.WriteLine($"{path}: {new FileInfo(path).Length} bytes; {tokenizer}: {new FileInfo(tokenizer).Length} bytes");
    }
}
