using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints;

/// <summary>
/// A <c>torch.nn.Module</c> that was saved whole: an inert object whose state is the module's attributes. Its parameters and buffers are found there, under
/// the names that <c>state_dict()</c> would give them; nothing of its code is run. Left out: what a class adds by hooks of its own.
/// </summary>
public static class SavedModule
{
    private const string Parameters = "_parameters";
    private const string Buffers = "_buffers";
    private const string PassingBuffers = "_non_persistent_buffers_set";
    private const string Modules = "_modules";

    /// <summary>Whether a node is a module that was saved whole.</summary>
    /// <param name="node">A node.</param>
    public static bool IsModule(PickleValue? node) => StateOf(node) is not null;

    /// <summary>The parameters and persistent buffers of a module and the modules in it, in the order of <c>state_dict()</c>.</summary>
    /// <param name="module">The module.</param>
    /// <param name="limits">Bounds on nesting and on the number of tensors and modules; null for the defaults.</param>
    /// <returns>Name such as <c>0.weight</c>, and where the tensor stands in the object tree below the module.</returns>
    /// <exception cref="ArgumentException">The node is no module.</exception>
    /// <exception cref="UnsupportedCheckpointException">It has more modules and tensors, or is nested deeper, than the limits allow.</exception>
    public static IReadOnlyList<KeyValuePair<string, NamedTensor>> StateDictionary(PickleValue module, CheckpointLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (!IsModule(module))
            throw new ArgumentException("The node is no module that was saved whole.", nameof(module));
        var walk = new Walk(limits ?? CheckpointLimits.Default);
        walk.Visit(module, name: "", path: "", depth: 0);
        return walk.Found;
    }

    /// <summary>A module's attributes; null for any other node.</summary>
    private static PickleDictionary? StateOf(PickleValue? node) =>
        node is PickleObject { State: PickleDictionary state } && state[Parameters] is PickleDictionary && state[Modules] is PickleDictionary ? state : null;

    private sealed class Walk(CheckpointLimits limits)
    {
        private int stepCount;
        private long nameBytes;

        public List<KeyValuePair<string, NamedTensor>> Found { get; } = [];

        public void Visit(PickleValue module, string name, string path, int depth)
        {
            if (StateOf(module) is not { } state)
                return; // None stands where a module was taken out
            if (depth > limits.Nesting)
                throw new UnsupportedCheckpointException($"The module is nested more than {limits.Nesting} deep, the limit (Nesting).");
            path += "/state";
            Add(state, Parameters, name, path);
            Add(state, Buffers, name, path);
            foreach (var (key, child) in ObjectTree.Children(state[Modules]!))
            {
                Step(name.Length + path.Length + key.Length);
                Visit(child, $"{name}{key}.", ObjectTree.Append($"{path}/{Modules}", key), depth + 1);
            }
        }

        private void Add(PickleDictionary state, string owner, string name, string path)
        {
            if (state[owner] is not PickleDictionary tensors)
                return;
            var passing = owner == Buffers && state[PassingBuffers] is PickleSet set ? set.Items.OfType<PickleString>().Select(item => item.Value).ToHashSet(StringComparer.Ordinal) : [];
            foreach (var (key, value) in ObjectTree.Children(tensors))
            {
                Step(name.Length + path.Length + (2 * key.Length));
                if (value is PickleTensor tensor && !passing.Contains(key))
                    Found.Add(new(name + key, new NamedTensor(ObjectTree.Append($"{path}/{owner}", key), tensor.View)));
            }
        }

        private void Step(int characters)
        {
            nameBytes += 2L * characters;
            if (nameBytes > limits.MemoryBytes(fileBytes: 0))
                throw new UnsupportedCheckpointException($"The names of the module's tensors take more than {limits.MemoryBytes(fileBytes: 0)} bytes of memory.");
            if (++stepCount > limits.ListedTensors)
                throw new UnsupportedCheckpointException($"The module has more than {limits.ListedTensors} modules and tensors, the limit (ListedTensors).");
        }
    }
}
