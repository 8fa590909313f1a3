using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The form of OpenNMT-py 3: token lists for torchtext objects, options under their present names, the biases that older models always have said. The same changes as
/// the toolkit's own converter makes (tools/convertv2_v3.py); weights are untouched.
/// </summary>
internal static class Version3Form
{
    private static readonly (string Old, string New)[] RenamedOptions =
        [("rnn_size", "hidden_size"), ("enc_rnn_size", "enc_hid_size"), ("dec_rnn_size", "dec_hid_size")];

    /// <summary>Whether a checkpoint has the form already.</summary>
    public static bool IsOf(OpenNmtCheckpoint checkpoint) =>
        (checkpoint.Checkpoint.Root as PickleDictionary)?["vocab"] is PickleDictionary vocabulary && vocabulary["src"] is PickleList && !RenamedOptions.Any(option => checkpoint.Options.IsInFile(option.Old));

    /// <summary>The tree in the new form.</summary>
    /// <param name="checkpoint">A checkpoint with options and vocabularies.</param>
    /// <param name="changes">Receives what was changed, in words.</param>
    /// <exception cref="UnsupportedCheckpointException">The file has no options or no vocabulary that could be converted.</exception>
    public static PickleDictionary Of(OpenNmtCheckpoint checkpoint, List<string> changes)
    {
        if (ModelContent.Root(checkpoint) is not PickleDictionary root || root["opt"] is not PickleDictionary options || checkpoint.Vocabularies is not { } vocabularies)
            throw new UnsupportedCheckpointException($"The file has no opt and vocab to convert; a whole OpenNMT-py checkpoint is needed ({checkpoint.Checkpoint.FilePath}).");
        var parts = new Dictionary<string, PickleValue>(StringComparer.Ordinal)
        {
            ["vocab"] = root["vocab"] is PickleDictionary known && known["src"] is PickleList ? known : Vocabulary(vocabularies, options, changes),
            ["opt"] = Options(options, changes),
        };
        return CheckpointTree.Replace(root, ModelContent.Texts(root).Select(entry => parts.TryGetValue(entry.Key, out var part) ? new(entry.Key, part) : entry));
    }

    private static PickleDictionary Vocabulary(OpenNmtVocabularies vocabularies, PickleDictionary options, List<string> changes)
    {
        changes.Add($"vocab: {vocabularies.Form} became token lists");
        if (vocabularies.SourceFeatures.Count > 0)
            changes.Add($"vocab: the lists of {vocabularies.SourceFeatures.Count} source features are dropped, as the toolkit's converter does");
        return CheckpointTree.Dictionary([
            new("src", Tokens(vocabularies.Source)), new("tgt", Tokens(vocabularies.Target)),
            new("data_task", options["data_task"] ?? CheckpointTree.Text("seq2seq")), new("decoder_start_token", CheckpointTree.Text("<s>"))]);
    }

    private static PickleList Tokens(IReadOnlyList<string>? tokens) => CheckpointTree.List((tokens ?? []).Select(CheckpointTree.Text));

    private static PickleDictionary Options(PickleDictionary options, List<string> changes)
    {
        var entries = ModelContent.Texts(options).ToList();
        var isOld = RenamedOptions.Any(option => options[option.Old] is not null);
        foreach (var (old, current) in RenamedOptions)
        {
            if (options[old] is not { } value)
                continue;
            entries.RemoveAll(entry => entry.Key == old || entry.Key == current);
            entries.Add(new(current, value));
            changes.Add($"opt: {old} became {current}");
        }

        foreach (var bias in (string[])["add_qkvbias", "add_ffnbias"])
        {
            if (!isOld || options[bias] is PickleBool { Value: true })
                continue;
            entries.RemoveAll(entry => entry.Key == bias);
            entries.Add(new(bias, new PickleBool(true)));
            changes.Add($"opt: {bias} is True, as it always was before OpenNMT-py 3");
        }

        return CheckpointTree.Replace(options, entries);
    }
}
