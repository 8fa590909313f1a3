using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Cli.Configuration;
using Galvani.Cli.Hosting;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;
using Galvani.Testing;
using Galvani.Text;

namespace Galvani.Fuzz;

/// <summary>How far a file got.</summary>
internal enum Depth
{
    /// <summary>The container was refused.</summary>
    Container,

    /// <summary>The container was read, and what describes the tensors in it was refused.</summary>
    Description,

    /// <summary>The file opened, and everything in it was looked at.</summary>
    Opened,
}

/// <summary>What is done with a file; only our own exceptions are answers, every other one is a failure.</summary>
internal static class Targets
{
    private static readonly SubwordNmtModel Codes = SubwordNmtModel.Load("#version: 0.2\na b</w>\na b\nab c</w>\n"u8, "codes");

    private static readonly Vocabulary Pieces = new(["<unk>", "<s>", "</s>", "<blank>", "a", "ab", "▁ab"]);

    private static readonly OpenNmtBuilder WithoutWeights = new OpenNmtBuilder { LacksWeights = true }.Option("share_embeddings", pickle => pickle.Bytes(0x88)).Option("share_decoder_embeddings", pickle => pickle.Bytes(0x88));

    public static Depth Open(string path)
    {
        SafetyScan.Run(path);
        OpenNmtVerification.VerifyFiles(path);
        try
        {
            using var checkpoint = OpenNmtCheckpoint.Open(path);
            Look(checkpoint);
            return Depth.Opened;
        }
        catch (CheckpointFormatException exception)
        {
            return IsOfContainer(exception) ? Depth.Container : Depth.Description;
        }
        catch (Exception exception) when (exception is UnsupportedCheckpointException or WeightMismatchException)
        {
            return Depth.Description;
        }
    }

    /// <summary>The weights of a checkpoint that lies beside them.</summary>
    public static Depth Split(string path)
    {
        if (!File.Exists(path + ".pt"))
            File.WriteAllBytes(path + ".pt", WithoutWeights.Build());
        File.Move(path, WeightsOf(path), overwrite: true);
        return Open(path + ".pt");
    }

    /// <summary>Removes what <see cref="Split"/> has made beside a file.</summary>
    public static void Clean(string path)
    {
        File.Delete(path + ".pt");
        File.Delete(WeightsOf(path));
    }

    public static Depth Tokenize(string path)
    {
        try
        {
            var tokenizer = Tokenizer.Open(path);
            tokenizer.DecodePieces(tokenizer.Encode("Привет, мир! ab\u00a0ﬁ 😀  "u8).Pieces);
            return Depth.Opened;
        }
        catch (TokenizerFormatException)
        {
            return Depth.Container;
        }
    }

    /// <summary>A list of tokens, read as each of the lists that there are.</summary>
    public static Depth List(string path)
    {
        var opened = 0;
        Try(() => TokenList.Read(path));
        Try(() => PhraseTable.Open(path).Find("ab"));
        Try(() => Codes.WithVocabulary(path, threshold: 2).Encode("ab abc"u8));
        return opened > 0 ? Depth.Opened : Depth.Container;

        void Try(Action read)
        {
            try
            {
                read();
                opened++;
            }
            catch (Exception exception) when (exception is TokenizerFormatException or InvalidDataException || exception is ArgumentException && exception.Message.Contains(path, StringComparison.Ordinal))
            {
                // refused, with the file named
            }
        }
    }

    /// <summary>A vocabulary map, and what it gives for sentences.</summary>
    public static Depth VocabularyMap(string path)
    {
        try
        {
            var map = VocabularyMaps.VocabularyMap.Open(path, Pieces);
            foreach (var sentence in (IReadOnlyList<string>[])[[], ["a"], ["a", "ab", "▁ab", "a"]])
                map.CandidatesOf(sentence);
            return Depth.Opened;
        }
        catch (ArgumentException exception) when (exception.Message.Contains(path, StringComparison.Ordinal))
        {
            return Depth.Container;
        }
    }

    public static Depth Options(string path)
    {
        try
        {
            YamlOptions.Read(path);
            return Depth.Opened;
        }
        catch (CommandException)
        {
            return Depth.Container;
        }
    }

    private static string WeightsOf(string path) => path + ".00.safetensors";

    private static bool IsOfContainer(CheckpointFormatException exception) =>
        exception.Problem.StartsWith("The zip ", StringComparison.Ordinal) || exception.Problem.StartsWith("The tar ", StringComparison.Ordinal) || exception.Problem.StartsWith("This ", StringComparison.Ordinal)
        || exception.Problem.StartsWith("The deflated ", StringComparison.Ordinal) || exception.Problem.StartsWith("The entry ", StringComparison.Ordinal) || exception.Problem.StartsWith("The header ", StringComparison.Ordinal);

    private static void Look(OpenNmtCheckpoint checkpoint)
    {
        TensorReading.All(checkpoint.Checkpoint);
        Disassemble(checkpoint.Checkpoint);

        OpenNmtConfig.Describe(checkpoint, []);
        ArchitectureDescription.Of(checkpoint);
        foreach (var option in checkpoint.Options.All)
            _ = (option.Text, option.Group);
        Transforms(checkpoint.Tokenization);
        _ = checkpoint.Tokenization.HasPieces;
        checkpoint.Tokenization.FindTargetModel(out _);
        ModelParts.Of(checkpoint);
        OpenNmtVerification.Check(checkpoint);
        var explainer = new ShapeExplainer(checkpoint);
        foreach (var tensor in checkpoint.Tensors.Take(20))
            explainer.Explain(tensor);
    }

    private static void Transforms(TokenizationInfo info)
    {
        try
        {
            info.Transforms();
        }
        catch (ArgumentException)
        {
            // the corpora disagree
        }
    }

    private static void Disassemble(Checkpoint checkpoint)
    {
        if (checkpoint.PickleProtocol is not null)
            _ = PickleDisassembler.Disassemble(checkpoint.ReadPickle(), checkpoint.FilePath, entry: null).Count();
    }
}
