using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary>The tokenizers beside a checkpoint, which a new file of the same model needs beside it, too.</summary>
internal static class TokenizerFiles
{
    /// <summary>The tokenizers of both sides, each once; empty where none was found.</summary>
    public static IReadOnlyList<string> Of(OpenNmtCheckpoint checkpoint) =>
        [.. ((string?[])[checkpoint.Tokenization.FindSourceModel(out _), checkpoint.Tokenization.FindTargetModel(out _)]).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Copies tokenizers beside a new file; one that is there already stays.</summary>
    /// <param name="tokenizers">Their paths.</param>
    /// <param name="target">The new file.</param>
    public static void Copy(IEnumerable<string> tokenizers, string target)
    {
        foreach (var tokenizer in tokenizers)
        {
            var copy = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(target))!, Path.GetFileName(tokenizer));
            if (Path.GetFullPath(tokenizer) == copy)
                continue;
            using var source = File.OpenRead(tokenizer);
            AtomicFile.Write(copy, stream => source.CopyTo(stream));
        }
    }
}
