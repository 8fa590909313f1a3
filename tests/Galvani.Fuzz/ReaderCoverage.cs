using System.Globalization;
using System.Text.Json;
using Galvani.Checkpoints.Operations;

namespace Galvani.Fuzz;

/// <summary>Which share of each reader's lines a run reached: reads the JSON report of coverlet (file, class, method, line, hits).</summary>
internal static class ReaderCoverage
{
    /// <summary>The sources of each reader, below <c>src/</c>; where patterns of two readers meet, the first counts.</summary>
    private static readonly (string Reader, Glob Files)[] Readers =
    [
        ("zip", new Glob("Galvani.Checkpoints/Containers/{Zip*,Archive*,Inflating*,Deflated*,Torch*,ByteSource,FileKind,Container*}.cs")),
        ("safety scan", new Glob("Galvani.Checkpoints/{Operations/SafetyScan,Pickles/PickleDisassembler,Pickles/PickleScan,Pickles/PickleOpcodes}.cs")),
        ("pickle", new Glob("Galvani.Checkpoints/Pickles/*.cs")),
        ("plain-pickle", new Glob("Galvani.Checkpoints/{Containers/Pickle*,SavedModule}.cs")),
        ("old-container", new Glob("Galvani.Checkpoints/Containers/Legacy*.cs")),
        ("tar", new Glob("Galvani.Checkpoints/Containers/Tar*.cs")),
        ("safetensors", new Glob("Galvani.Checkpoints/Containers/Safetensors*.cs")),
        ("packed", new Glob("Galvani.Checkpoints/Packing/{PackedContent,PackedIndexReader,PackedProjection,PackedVerification}.cs")),
        ("numpy", new Glob("Galvani.Checkpoints/Numpy/{NumpyContainer,NpyHeader}.cs")),
        ("tensors", new Glob("Galvani.Checkpoints/{Tensors/*,ObjectTree,Checkpoint,Operations/CheckpointVerifier}.cs")),
        ("opennmt", new Glob("Galvani/Models/OpenNmt/{OpenNmtCheckpoint,OpenNmtOption*,OpenNmtVocabularies,OpenNmtNames,OpenNmtConfig,OpenNmtVerification,Option[DRTG]*,Optimizer*,TensorCollection,TokenizationInfo,PartMark,ModelParts,SplitWeights}.cs")),
        ("sentencepiece", new Glob("Galvani.Text/SentencePiece/{ModelFile,ProtobufReader,CharacterMap,PieceTrie*}.cs")),
        ("subword-nmt", new Glob("Galvani.Text/SubwordNmt/MergeCodes.cs")),
        ("vocabulary", new Glob("{Galvani.Text/SubwordNmt/PieceFrequencies,Galvani/Models/OpenNmt/Grafting/TokenList,Galvani/PhraseTable}.cs")),
        ("vocabulary-map", new Glob("Galvani/VocabularyMaps/VocabularyMap.cs")),
        ("yaml", new Glob("Galvani.Cli/Configuration/YamlOptions.cs")),
    ];

    /// <summary>Prints a line for each reader.</summary>
    public static int Print(string report)
    {
        const string SourceFolder = "/src/";
        var counts = Readers.ToDictionary(reader => reader.Reader, _ => (Reached: 0, Lines: 0));
        using var document = JsonDocument.Parse(File.ReadAllBytes(report));
        foreach (var file in document.RootElement.EnumerateObject().SelectMany(module => module.Value.EnumerateObject()))
        {
            var path = file.Name.Replace('\\', '/');
            var name = path[(path.LastIndexOf(SourceFolder, StringComparison.Ordinal) + SourceFolder.Length)..];
            if (Array.Find(Readers, reader => reader.Files.IsMatch(name)).Reader is not { } reader)
                continue;
            var (reached, lines) = Count(file.Value);
            counts[reader] = (counts[reader].Reached + reached, counts[reader].Lines + lines);
        }

        Console.WriteLine("lines of the readers that were reached");
        foreach (var (reader, (reached, lines)) in counts)
            Say(reader, reached, lines);
        Say("together", counts.Values.Sum(count => count.Reached), counts.Values.Sum(count => count.Lines));
        return counts.Values.Any(count => count.Lines == 0) ? 1 : 0;
    }

    /// <summary>The lines of a file; one that several methods (lambdas, iterators) share counts once.</summary>
    private static (int Reached, int Lines) Count(JsonElement classes)
    {
        var lines = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var line in classes.EnumerateObject().SelectMany(type => type.Value.EnumerateObject()).SelectMany(method => method.Value.GetProperty("Lines").EnumerateObject()))
            lines[line.Name] = lines.GetValueOrDefault(line.Name) || line.Value.GetInt64() > 0;
        return (lines.Values.Count(isReached => isReached), lines.Count);
    }

    private static void Say(string reader, int reached, int lines) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reader,-14} {100.0 * reached / Math.Max(1, lines),5:F1} % of {lines} lines"));
}
