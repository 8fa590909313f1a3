namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Takes a whole encoder or decoder, with its embedding and vocabulary.</summary>
internal static class PartGraft
{
    /// <summary>Takes a donor's encoder.</summary>
    /// <returns>What was done, in words.</returns>
    public static string TakeEncoder(GraftedModel model, OpenNmtCheckpoint donor)
    {
        Take(model, donor, ModelSide.Encoder, name => name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal));
        model.SourceOwner = donor;
        model.SourceTokens = donor.Vocabularies?.Source ?? [];
        return $"encoder with embedding and vocabulary from {donor.Checkpoint.FilePath}";
    }

    /// <summary>Takes a donor's decoder and generator.</summary>
    /// <returns>What was done, in words.</returns>
    public static string TakeDecoder(GraftedModel model, OpenNmtCheckpoint donor)
    {
        Take(model, donor, ModelSide.Decoder, name => name.StartsWith(OpenNmtNames.Decoder, StringComparison.Ordinal) || name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal));
        model.TargetOwner = donor;
        model.TargetTokens = donor.Vocabularies?.Target ?? [];
        return $"decoder with embedding, generator and vocabulary from {donor.Checkpoint.FilePath}";
    }

    private static void Take(GraftedModel model, OpenNmtCheckpoint donor, ModelSide side, Func<string, bool> isPart)
    {
        var config = OpenNmtConfig.Describe(donor, []);
        var (path, name) = (donor.Checkpoint.FilePath, LayerRange.SideName(side));
        foreach (var difference in ConfigDifferences.OfLayers(model.Config, config, side))
            model.Problems.Add($"{name} of {path}: {difference}");
        if (model.Config.Task != config.Task || config.Task == ModelTask.LanguageModel)
            model.Problems.Add($"{name} of {path}: whole parts are exchanged between encoder-decoder models");
        if ((side == ModelSide.Encoder ? donor.Vocabularies?.Source : donor.Vocabularies?.Target) is null)
            model.Problems.Add($"{name} of {path}: the file has no vocabulary of that side");
        var tensors = donor.Tensors.Where(tensor => isPart(tensor.Name)).Select(tensor => new GraftedTensor(tensor.Name, tensor.FileName, model.Adapt(tensor.Name, tensor.View))).ToList();
        if (tensors.Count == 0)
            model.Problems.Add($"{name} of {path}: the file has none");
        model.Replace(isPart, tensors);
    }
}
