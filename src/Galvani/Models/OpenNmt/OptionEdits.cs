using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>Changes to the <c>opt</c> of a checkpoint: options keep their places, new ones come behind; each change is said.</summary>
internal sealed class OptionEdits(OpenNmtCheckpoint checkpoint)
{
    private readonly List<KeyValuePair<string, PickleValue>> entries = [.. checkpoint.Options.FileOptions];

    /// <summary>What was changed, one sentence each.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>Sets an option where its effective value is another one.</summary>
    public void Set(string name, PickleValue value)
    {
        var place = entries.FindIndex(entry => entry.Key == name);
        var before = place >= 0 ? entries[place].Value : checkpoint.Options.Find(name)?.Value;
        if (before is not null && TreeEquality.AreEqual(before, value))
            return;
        Changes.Add($"opt: {name} {(before is null ? "" : $"{Text(name, before)} ")}-> {Text(name, value)}");
        if (place >= 0)
            entries[place] = new(name, value);
        else
            entries.Add(new(name, value));
    }

    /// <summary>Sets a whole number.</summary>
    public void Set(string name, int value) => Set(name, new PickleInteger(value));

    /// <summary>Sets a truth value.</summary>
    public void SetFlag(string name, bool value) => Set(name, new PickleBool(value));

    /// <summary>The options as they are now; null where the file has none.</summary>
    public PickleDictionary? Build() => (checkpoint.Checkpoint.Root as PickleDictionary)?["opt"] is PickleDictionary options ? CheckpointTree.Replace(options, entries) : null;

    private static string Text(string name, PickleValue value) => new OpenNmtOption(name, value, OptionOrigin.File).Text;
}
