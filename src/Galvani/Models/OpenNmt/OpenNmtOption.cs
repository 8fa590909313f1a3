using System.Globalization;
using Galvani.Checkpoints;
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
    /// <summary>The value as text: strings as they are, lists in brackets.</summary>
    public string Text => Describe(Value);

    /// <summary>The group it is shown in.</summary>
    public OptionGroup Group => OptionGroups.Of(Name);

    private static string Describe(PickleValue value) => value switch
    {
        PickleNone => "None",
        PickleBool flag => flag.Value ? "True" : "False",
        PickleString text => text.Value,
        PickleFloat number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        PickleList list => $"[{string.Join(", ", list.Items.Select(Describe))}]",
        PickleTuple tuple => $"({string.Join(", ", tuple.Items.Select(Describe))})",
        PickleSet set => $"{{{string.Join(", ", set.Items.Select(Describe).Order(StringComparer.Ordinal))}}}",
        PickleDictionary dictionary => $"{{{string.Join(", ", ObjectTree.Children(dictionary).Select(entry => $"{entry.Key}: {Brief(entry.Value)}"))}}}",
        PickleObject made => made.Global + "(…)",
        _ => ObjectTree.KeyText(value),
    };

    private static string Brief(PickleValue value) => value is PickleDictionary ? "{…}" : Describe(value);
}
