using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The options of a checkpoint, each with its origin. Every option may be missing: model options then take the defaults of OpenNMT-py 3.5, and the
/// repairs that its loader makes are made here, in its order, each named in <see cref="Repairs"/>.
/// </summary>
public sealed class OpenNmtOptions
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal); // in All: a file may have half a million options
    private readonly Dictionary<int, OpenNmtOption> others = []; // by place, those that are not as the file has them
    private readonly List<string> repairs = [];

    /// <param name="options">The <c>opt</c> of the file (a Namespace or a dictionary), or null where there is none.</param>
    /// <param name="tensorNames">The names of the model's tensors as the file has them.</param>
    internal OpenNmtOptions(PickleDictionary? options, IReadOnlyCollection<string> tensorNames)
    {
        HasFileOptions = options is not null;
        FileOptions = options is null ? [] : OfFile(options);
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

    /// <summary>The options as the file has them, before any repair, in its order; of several whose names read alike, as keys that are no texts can, the last.</summary>
    public IReadOnlyList<KeyValuePair<string, PickleValue>> FileOptions { get; }

    /// <summary>All options: those of the file in its order, then defaults.</summary>
    public IReadOnlyList<OpenNmtOption> All => field ??= [.. Enumerable.Range(0, places.Count).Select(At)];

    /// <summary>What was repaired, in words, in the order it was done.</summary>
    public IReadOnlyList<string> Repairs => repairs;

    /// <summary>An option, or null where neither the file nor the defaults have it.</summary>
    /// <param name="name">The option's name.</param>
    public OpenNmtOption? Find(string name) => places.TryGetValue(name, out var place) ? At(place) : null;

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

    /// <summary>The option as text, a path of Python's <c>pathlib</c> included; empty where it is missing or None.</summary>
    /// <param name="name">The option's name.</param>
    public string Text(string name) => Find(name)?.Value switch
    {
        PickleString text => text.Value,
        PickleObject { PathText: { } path } => path,
        _ => "",
    };

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

    /// <summary>The value that the file has, before any repair; null where it has none.</summary>
    internal PickleValue? FindInFile(string name) => places.TryGetValue(name, out var place) && place < FileOptions.Count ? FileOptions[place].Value : null;

    internal void Repair(string name, PickleValue value, string reason)
    {
        Put(new OpenNmtOption(name, value, OptionOrigin.Repair));
        repairs.Add(reason);
    }

    internal void Note(string reason) => repairs.Add(reason);

    private OpenNmtOption At(int place) => others.GetValueOrDefault(place) ?? new OpenNmtOption(FileOptions[place].Key, FileOptions[place].Value, OptionOrigin.File);

    private void Put(OpenNmtOption option)
    {
        places.TryAdd(option.Name, places.Count);
        others[places[option.Name]] = option;
    }

    /// <summary>The options of the file at the places that their names have in <see cref="All"/>.</summary>
    private KeyValuePair<string, PickleValue>[] OfFile(PickleDictionary options)
    {
        places.EnsureCapacity(options.Entries.Count + OptionDefaults.Model.Length);
        var children = new KeyValuePair<string, PickleValue>[options.Entries.Count];
        for (var i = 0; i < children.Length; i++)
        {
            var name = ObjectTree.SegmentOf(options, i);
            places.TryAdd(name, places.Count);
            children[places[name]] = new(name, options.Entries[i].Value);
        }

        return places.Count == children.Length ? children : children[..places.Count];
    }
}
