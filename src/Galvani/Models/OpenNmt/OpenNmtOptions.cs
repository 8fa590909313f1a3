using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The options of a checkpoint, each with its origin. Every option may be missing: model options then take the defaults of OpenNMT-py 3.5, and the
/// repairs that its loader makes are made here, in its order, each named in <see cref="Repairs"/>.
/// </summary>
public sealed class OpenNmtOptions
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal); // in all: a file may have half a million options
    private readonly List<OpenNmtOption> all = [];
    private readonly List<string> repairs = [];

    /// <param name="options">The <c>opt</c> of the file (a Namespace or a dictionary), or null where there is none.</param>
    /// <param name="tensorNames">The names of the model's tensors as the file has them.</param>
    internal OpenNmtOptions(PickleDictionary? options, IReadOnlyCollection<string> tensorNames)
    {
        HasFileOptions = options is not null;
        FileOptions = options is null ? [] : OfFile(options);
        all.Capacity = FileOptions.Count + OptionDefaults.Model.Length;
        places.EnsureCapacity(all.Capacity);
        foreach (var (name, value) in FileOptions)
            Put(new OpenNmtOption(name, value, OptionOrigin.File));

        OptionRepairs.Apply(this, tensorNames);
        foreach (var (name, value) in OptionDefaults.Model)
        {
            if (!places.ContainsKey(name))
                Put(new OpenNmtOption(name, value, OptionOrigin.Default));
        }

        OptionRepairs.ApplyAfterDefaults(this);
    }

    /// <summary>Whether the file has an <c>opt</c> at all.</summary>
    public bool HasFileOptions { get; }

    /// <summary>The options as the file has them, before any repair, in its order.</summary>
    public IReadOnlyList<KeyValuePair<string, PickleValue>> FileOptions { get; }

    /// <summary>All options: those of the file in its order, then defaults.</summary>
    public IReadOnlyList<OpenNmtOption> All => all;

    /// <summary>What was repaired, in words, in the order it was done.</summary>
    public IReadOnlyList<string> Repairs => repairs;

    /// <summary>An option, or null where neither the file nor the defaults have it.</summary>
    /// <param name="name">The option's name.</param>
    public OpenNmtOption? Find(string name) => places.TryGetValue(name, out var place) ? all[place] : null;

    /// <summary>The option as a whole number; false and true count as 0 and 1.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="fallback">The value where it is missing, None or no number.</param>
    public int Integer(string name, int fallback = 0) => Find(name)?.Value switch
    {
        PickleInteger number when number.Value >= int.MinValue && number.Value <= int.MaxValue => (int)number.Value,
        PickleBool flag => flag.Value ? 1 : 0,
        PickleFloat number when number.Value == Math.Truncate(number.Value) && Math.Abs(number.Value) <= int.MaxValue => (int)number.Value,
        _ => fallback,
    };

    /// <summary>The option as a number.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="fallback">The value where it is missing, None or no number.</param>
    public double Number(string name, double fallback = 0) => Find(name)?.Value switch
    {
        PickleFloat number => number.Value,
        PickleInteger number => (double)number.Value,
        _ => fallback,
    };

    /// <summary>The option as a flag; numbers other than 0 are true.</summary>
    /// <param name="name">The option's name.</param>
    public bool Flag(string name) => Find(name)?.Value switch
    {
        PickleBool flag => flag.Value,
        PickleInteger number => !number.Value.IsZero,
        _ => false,
    };

    /// <summary>The option as text; empty where it is missing or None.</summary>
    /// <param name="name">The option's name.</param>
    public string Text(string name) => Find(name)?.Value is PickleString text ? text.Value : "";

    /// <summary>The option as a list of texts; empty where it is no list.</summary>
    /// <param name="name">The option's name.</param>
    public IReadOnlyList<string> Texts(string name) => Find(name)?.Value switch
    {
        PickleList list => [.. list.Items.OfType<PickleString>().Select(item => item.Value)],
        PickleTuple tuple => [.. tuple.Items.OfType<PickleString>().Select(item => item.Value)],
        _ => [],
    };

    /// <summary>Whether the file itself has the option.</summary>
    /// <param name="name">The option's name.</param>
    public bool IsInFile(string name) => Find(name)?.Origin == OptionOrigin.File;

    internal void Repair(string name, PickleValue value, string reason)
    {
        Put(new OpenNmtOption(name, value, OptionOrigin.Repair));
        repairs.Add(reason);
    }

    internal void Note(string reason) => repairs.Add(reason);

    private void Put(OpenNmtOption option)
    {
        if (places.TryAdd(option.Name, all.Count))
            all.Add(option);
        else
            all[places[option.Name]] = option;
    }

    private static KeyValuePair<string, PickleValue>[] OfFile(PickleDictionary options)
    {
        var children = new KeyValuePair<string, PickleValue>[options.Entries.Count];
        for (var i = 0; i < children.Length; i++)
            children[i] = new(ObjectTree.SegmentOf(options, i), options.Entries[i].Value);
        return children;
    }
}
