using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Options and vocabulary of the new model, made to say what it is: the loader builds the model from them, not from the tensors.</summary>
internal static class GraftedOptions
{
    private static readonly string[] FeatureOptions = ["n_src_feats", "feat_merge", "feat_vec_size", "feat_vec_exponent"];

    /// <summary>The options.</summary>
    public static OptionEdits Of(GraftedModel model)
    {
        var edits = new OptionEdits(model.Base);
        TakeOwners(model, edits);
        SetLayers(model, edits);
        SetVocabularySize(model, edits, "src_vocab_size", model.SourceTokens, model.Base.Vocabularies?.Source, isOwn: ReferenceEquals(model.SourceOwner, model.Base));
        SetVocabularySize(model, edits, "tgt_vocab_size", model.TargetTokens, model.Base.Vocabularies?.Target, isOwn: ReferenceEquals(model.TargetOwner, model.Base));
        if (model.Base.Options.Flag("share_vocab") && model.Config.Task == ModelTask.SequenceToSequence && !model.SourceTokens.SequenceEqual(model.TargetTokens))
            edits.SetFlag("share_vocab", false);
        SharingOptions.Correct(edits, model.Config, model.Find);
        return edits;
    }

    /// <summary>The vocabulary: the base's node, with the lists that changed.</summary>
    public static PickleValue Vocabulary(GraftedModel model, PickleDictionary vocabulary)
    {
        var entries = ObjectTree.Children(vocabulary).ToList();
        SetTokens("src", model.SourceTokens, model.Base.Vocabularies?.Source);
        SetTokens("tgt", model.TargetTokens, model.Base.Vocabularies?.Target);
        if (!ReferenceEquals(model.SourceOwner, model.Base))
            SetFeatures(model.SourceOwner.Vocabularies?.SourceFeatures ?? []);
        if (model.TargetOwner.Vocabularies is { } target && target.StartToken != model.Base.Vocabularies?.StartToken)
            Set("decoder_start_token", CheckpointTree.Text(target.StartToken));
        return CheckpointTree.Replace(vocabulary, entries);

        void SetTokens(string name, IReadOnlyList<string> tokens, IReadOnlyList<string>? before)
        {
            if (before is null ? tokens.Count > 0 : !tokens.SequenceEqual(before))
                Set(name, CheckpointTree.List(tokens.Select(CheckpointTree.Text)));
        }

        void SetFeatures(IReadOnlyList<IReadOnlyList<string>> features)
        {
            entries.RemoveAll(entry => entry.Key == "src_feats");
            if (features.Count > 0)
                Set("src_feats", CheckpointTree.List(features.Select(tokens => CheckpointTree.List(tokens.Select(CheckpointTree.Text)))));
        }

        void Set(string name, PickleValue value)
        {
            var place = entries.FindIndex(entry => entry.Key == name);
            if (place >= 0)
                entries[place] = new(name, value);
            else
                entries.Add(new(name, value));
        }
    }

    /// <summary>What belongs to a side comes with it.</summary>
    private static void TakeOwners(GraftedModel model, OptionEdits edits)
    {
        foreach (var (owner, prefix) in ((OpenNmtCheckpoint, string)[])[(model.SourceOwner, "src_"), (model.TargetOwner, "tgt_")])
        {
            if (ReferenceEquals(owner, model.Base))
                continue;
            foreach (var (name, value) in owner.Options.FileOptions.Where(option => option.Key.StartsWith(prefix, StringComparison.Ordinal)))
                edits.Set(name, value);
            SetWordWidth(model, edits);
        }

        if (!ReferenceEquals(model.SourceOwner, model.Base))
        {
            foreach (var name in FeatureOptions)
                edits.Set(name, model.SourceOwner.Options.Find(name)!.Value);
        }

        if (!ReferenceEquals(model.TargetOwner, model.Base) && model.Base.Options.IsInFile("decoder_start_token"))
            edits.Set("decoder_start_token", CheckpointTree.Text(model.TargetOwner.Vocabularies?.StartToken ?? "<s>"));
    }

    /// <summary>A common width of words overrides those of the sides, so it must go where they differ.</summary>
    private static void SetWordWidth(GraftedModel model, OptionEdits edits)
    {
        var (source, target) = (model.SourceOwner.Options.Integer("src_word_vec_size"), model.TargetOwner.Options.Integer("tgt_word_vec_size"));
        var common = model.Base.Options.Integer("word_vec_size");
        if (common > 0 && (source != common || target != common))
            edits.Set("word_vec_size", -1);
        edits.Set("src_word_vec_size", source);
        edits.Set("tgt_word_vec_size", target);
    }

    private static void SetLayers(GraftedModel model, OptionEdits edits)
    {
        var isLanguageModel = model.Config.Task == ModelTask.LanguageModel;
        var (encoder, decoder) = (model.LayerCount(ModelSide.Encoder), model.LayerCount(ModelSide.Decoder));
        if ((isLanguageModel || encoder == model.Config.EncoderLayerCount) && decoder == model.Config.DecoderLayerCount)
            return;
        if (model.Base.Options.Integer("layers") > 0)
            edits.Set("layers", encoder == decoder || isLanguageModel ? decoder : -1);
        if (!isLanguageModel)
            edits.Set("enc_layers", encoder);
        edits.Set("dec_layers", decoder);
    }

    /// <summary>The option is a limit on new vocabularies; a vocabulary that was changed gets its own size.</summary>
    private static void SetVocabularySize(GraftedModel model, OptionEdits edits, string name, IReadOnlyList<string> tokens, IReadOnlyList<string>? before, bool isOwn)
    {
        if (model.Base.Options.IsInFile(name) && (!isOwn || before is null || !tokens.SequenceEqual(before)) && tokens.Count > 0)
            edits.Set(name, tokens.Count);
    }
}
