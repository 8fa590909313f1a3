using Galvani.Checkpoints;
using Galvani.Models;
using Galvani.Models.OpenNmt;
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
    private const long MostLogicalBytes = 1 << 20;

    public static Depth Open(string path)
    {
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

    private static bool IsOfContainer(CheckpointFormatException exception) =>
        exception.Problem.StartsWith("The zip ", StringComparison.Ordinal) || exception.Problem.StartsWith("This ", StringComparison.Ordinal) || exception.Problem.StartsWith("The deflated ", StringComparison.Ordinal)
        || exception.Problem.StartsWith("The entry ", StringComparison.Ordinal) || exception.Problem.StartsWith("The header ", StringComparison.Ordinal);

    private static void Look(OpenNmtCheckpoint checkpoint)
    {
        foreach (var tensor in checkpoint.Checkpoint.Tensors)
        {
            if (tensor.View.LogicalBytes <= MostLogicalBytes)
                Copy(tensor);
            checkpoint.Checkpoint.Find(tensor.ObjectPath);
        }

        OpenNmtConfig.Describe(checkpoint, []);
        ArchitectureDescription.Of(checkpoint);
        foreach (var option in checkpoint.Options.All)
            _ = option.Text;
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

    private static void Copy(NamedTensor tensor)
    {
        try
        {
            tensor.View.CopyElements(new byte[tensor.View.LogicalBytes]);
        }
        catch (CheckpointFormatException)
        {
            // a deflated storage whose bytes are broken shows it only here
        }
    }
}
