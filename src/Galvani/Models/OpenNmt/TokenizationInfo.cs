using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>The transforms and prefixes of one training corpus.</summary>
/// <param name="Name">The corpus' name: <c>corpus_1</c>, <c>valid</c>.</param>
/// <param name="Transforms">Its transforms, or null where it names none of its own.</param>
/// <param name="SourcePrefix">Text in front of every source line; empty for none.</param>
/// <param name="TargetPrefix">Text in front of every target line; empty for none.</param>
public sealed record CorpusInfo(string Name, IReadOnlyList<string>? Transforms, string SourcePrefix, string TargetPrefix)
{
    /// <summary>Text behind every source line; empty for none.</summary>
    public string SourceSuffix { get; init; } = "";

    /// <summary>Text behind every target line; empty for none.</summary>
    public string TargetSuffix { get; init; } = "";
}

/// <summary>What a checkpoint records about turning text into pieces.</summary>
public sealed class TokenizationInfo
{
    private static readonly string[] TokenizerTransforms = ["sentencepiece", "bpe", "onmt_tokenize"];

    private readonly OpenNmtCheckpoint checkpoint;

    internal TokenizationInfo(OpenNmtCheckpoint checkpoint)
    {
        this.checkpoint = checkpoint;
        Corpora = ReadCorpora(checkpoint.Options);
        SourceModelName = BaseName(checkpoint.Options.Text("src_subword_model"));
        TargetModelName = BaseName(checkpoint.Options.Text("tgt_subword_model"));
    }

    /// <summary>The corpora of <c>opt.data</c>, in file order.</summary>
    public IReadOnlyList<CorpusInfo> Corpora { get; }

    /// <summary>The base name of the source's subword model as recorded; empty where none is.</summary>
    public string SourceModelName { get; }

    /// <summary>The base name of the target's subword model as recorded; empty where none is.</summary>
    public string TargetModelName { get; }

    /// <summary>
    /// The transforms to apply: <c>opt.transforms</c> if it is not empty; else those of the corpus <c>valid</c>; else those of the corpora if they agree.
    /// </summary>
    /// <param name="corpus">A corpus whose transforms to take instead, or null.</param>
    /// <exception cref="ArgumentException">There is no such corpus, or the corpora disagree and none was named.</exception>
    public IReadOnlyList<string> Transforms(string? corpus = null)
    {
        if (corpus is not null)
        {
            return Corpora.FirstOrDefault(entry => entry.Name == corpus)?.Transforms
                ?? throw new ArgumentException($"There is no corpus {corpus} with transforms; the checkpoint has {string.Join(", ", Corpora.Select(entry => entry.Name))}.", nameof(corpus));
        }

        var common = checkpoint.Options.Texts("transforms");
        if (common.Count > 0)
            return common;
        if (Corpora.FirstOrDefault(entry => entry.Name == "valid")?.Transforms is { Count: > 0 } valid)
            return valid;
        var lists = Corpora.Where(entry => entry.Transforms is not null).ToList();
        if (lists.Select(entry => string.Join(',', entry.Transforms!)).Distinct().Count() > 1)
        {
            throw new ArgumentException(
                $"The corpora have different transforms: {string.Join("; ", lists.Select(entry => $"{entry.Name}: {string.Join(", ", entry.Transforms!)}"))}. Name one of them.", nameof(corpus));
        }

        return lists.FirstOrDefault()?.Transforms ?? [];
    }

    /// <summary>A text that the corpora record for a transform and agree on; the option of that name where no corpus is recorded.</summary>
    /// <param name="option">Its name.</param>
    /// <param name="corpus">The corpus to take it from; null: all but <c>valid</c>, which must agree.</param>
    /// <param name="read">The text of a corpus.</param>
    /// <param name="remedy">What chooses where they do not agree.</param>
    /// <exception cref="ArgumentException">They do not agree; all are named.</exception>
    internal string CommonText(string option, string? corpus, Func<CorpusInfo, string> read, string remedy)
    {
        var corpora = Corpora.Where(entry => corpus is null ? entry.Name != "valid" : entry.Name == corpus).ToList();
        var texts = corpora.Select(read).Distinct(StringComparer.Ordinal).ToList();
        return texts.Count switch
        {
            0 => checkpoint.Options.Text(option),
            1 => texts[0],
            _ => throw new ArgumentException($"The corpora differ in their {option}: {string.Join("; ", corpora.Select(entry => $"{entry.Name}: '{read(entry)}'"))}; choose by {remedy}."),
        };
    }

    /// <summary>Whether the vocabulary's tokens look like pieces of a subword tokenizer.</summary>
    public bool HasPieces =>
        checkpoint.Vocabularies?.Source is { } tokens && tokens.Any(token => token.Contains('▁', StringComparison.Ordinal) || token.EndsWith("@@", StringComparison.Ordinal) || token.Contains('￭', StringComparison.Ordinal));

    /// <summary>
    /// The source's subword model: the recorded base name, else <c>sentencepiece.model</c>, looked for in the checkpoint's own folder alone, because the
    /// recorded path is untrusted text.
    /// </summary>
    /// <param name="tried">The paths that were looked at; none where the checkpoint was opened from memory.</param>
    /// <returns>The path of the file, or null where none exists.</returns>
    public string? FindSourceModel(out IReadOnlyList<string> tried) => Find([SourceModelName, "sentencepiece.model"], out tried);

    /// <summary>The target's subword model; the source's where the vocabulary is shared and none is recorded.</summary>
    /// <param name="tried">The paths that were looked at; none where the checkpoint was opened from memory.</param>
    /// <returns>The path of the file, or null where none exists.</returns>
    public string? FindTargetModel(out IReadOnlyList<string> tried) =>
        Find([TargetModelName, checkpoint.Vocabularies?.IsShared == true ? SourceModelName : "", "sentencepiece.model"], out tried);

    /// <summary>Whether a transform turns text into pieces.</summary>
    /// <param name="transform">Its name.</param>
    public static bool IsTokenizer(string transform) => TokenizerTransforms.Contains(transform);

    /// <summary>The paths that were looked at, in words.</summary>
    internal static string Describe(IReadOnlyList<string> tried) => tried.Count > 0 ? string.Join(", ", tried) : "nothing, since it was opened from memory";

    private string? Find(IEnumerable<string> names, out IReadOnlyList<string> tried)
    {
        if (!checkpoint.Checkpoint.IsFile)
        {
            tried = [];
            return null;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(checkpoint.Checkpoint.FilePath)) ?? "/";
        var paths = names.Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).Select(name => Path.Combine(folder, name)).ToList();
        tried = paths;
        return paths.FirstOrDefault(File.Exists);
    }

    /// <summary>The last segment of a path of any system; empty for what is no file name.</summary>
    private static string BaseName(string path)
    {
        var name = path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        return name is "." or ".." || name.Contains('\0', StringComparison.Ordinal) ? "" : name;
    }

    private static List<CorpusInfo> ReadCorpora(OpenNmtOptions options)
    {
        var corpora = new List<CorpusInfo>();
        if (options.Find("data")?.Value is not PickleDictionary data)
            return corpora;
        foreach (var (key, value) in data.Entries)
        {
            if (key is not PickleString name || value is not PickleDictionary corpus)
                continue;
            var transforms = corpus["transforms"] is PickleList list ? (IReadOnlyList<string>)[.. list.Items.OfType<PickleString>().Select(item => item.Value)] : null;
            corpora.Add(new CorpusInfo(name.Value, transforms, Text(corpus["src_prefix"]), Text(corpus["tgt_prefix"])) { SourceSuffix = Text(corpus["src_suffix"]), TargetSuffix = Text(corpus["tgt_suffix"]) });
        }

        return corpora;

        static string Text(PickleValue? value) => value is PickleString text ? text.Value : "";
    }
}
