using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>Where an option's value comes from.</summary>
public enum OptionOrigin
{
    /// <summary>The checkpoint's <c>opt</c>.</summary>
    File,

    /// <summary>The default of OpenNMT-py 3.5, because the file does not say.</summary>
    Default,

    /// <summary>A repair that OpenNMT-py's loader makes, or that old files need.</summary>
    Repair,
}

/// <summary>The groups that options are shown in.</summary>
public enum OptionGroup
{
    /// <summary>What kind of model it is.</summary>
    Architecture,

    /// <summary>Embeddings and positions.</summary>
    Embeddings,

    /// <summary>What a layer is made of.</summary>
    Layers,

    /// <summary>Vocabularies, transforms, data.</summary>
    Input,

    /// <summary>Optimizer, schedule, regularisation, bookkeeping.</summary>
    Training,

    /// <summary>Everything else.</summary>
    Other,
}

/// <summary>An option with its value and where that comes from.</summary>
/// <param name="Name">The option's name in <c>opt</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record OpenNmtOption(string Name, PickleValue Value, OptionOrigin Origin)
{
    /// <summary>The value as text: strings as they are, lists in brackets; of what is very long or nested the beginning.</summary>
    public string Text => OptionText.Describe(Value);

    /// <summary>The group it is shown in.</summary>
    public OptionGroup Group => OptionGroups.Of(Name);
}
