using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// Walks a finished tree once: checks its nesting, and lists its tensors by path. A node that several paths lead to is listed under each;
/// a reference to an ancestor ends a path. Both the number of tensors and the work are bounded, however the file shares its nodes.
/// </summary>
internal sealed class TensorLister(CheckpointLimits limits, PickleBudget budget, long fileBytes, string path, string? entry)
{
    private const int StepsPerListedTensor = 16;
    private const int CharactersPerTensor = 64; // on average

    private readonly long logicalLimit = limits.LogicalBytes(fileBytes);
    private readonly long characterLimit = (long)limits.ListedTensors * CharactersPerTensor;
    private readonly Dictionary<PickleValue, int> heights = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PickleValue> leadsToTensors = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PickleValue> ancestors = new(ReferenceEqualityComparer.Instance);
    private readonly List<NamedTensor> tensors = [];
    private int metCount; // tensors that were met when the tree was measured
    private long stepCount;
    private long logicalBytes;
    private long pathCharacters;

    public List<NamedTensor> List(PickleValue root)
    {
        Measure(root);
        tensors.Capacity = Math.Min(metCount, limits.ListedTensors);
        Visit(root, "", depth: 0);
        return tensors;
    }

    /// <summary>Finds the height of every container, without recursion: a node is done when all its children are.</summary>
    private void Measure(PickleValue root)
    {
        if (!PickleTree.IsContainer(root))
            return;
        var open = new Stack<(PickleValue Node, int Next, int Height, bool HasTensors)>();
        heights[root] = 0; // 0: being measured
        open.Push((root, 0, 1, false));
        while (open.TryPop(out var frame))
        {
            if (Advance(ref frame, out var child))
            {
                open.Push(frame);
                if (open.Count >= limits.Nesting + 1)
                    throw TooDeep();
                heights[child!] = 0;
                open.Push((child!, 0, 1, false));
                continue;
            }

            if (frame.Height > limits.Nesting)
                throw TooDeep();
            heights[frame.Node] = frame.Height;
            if (frame.HasTensors)
                leadsToTensors.Add(frame.Node);
            if (open.TryPop(out var parent))
                open.Push((parent.Node, parent.Next, Math.Max(parent.Height, frame.Height + 1), parent.HasTensors || frame.HasTensors));
        }
    }

    /// <summary>Goes on through a node's children; true with the first that is still to be measured.</summary>
    private bool Advance(ref (PickleValue Node, int Next, int Height, bool HasTensors) frame, out PickleValue? child)
    {
        var count = PickleTree.ChildCount(frame.Node);
        while (frame.Next < count)
        {
            child = PickleTree.Child(frame.Node, frame.Next++);
            if (child is PickleTensor)
            {
                frame.HasTensors = true;
                metCount++;
            }
            else if (PickleTree.IsContainer(child))
            {
                if (!heights.TryGetValue(child, out var height))
                    return true;
                frame.Height = Math.Max(frame.Height, height + 1);
                frame.HasTensors |= height == 0 || leadsToTensors.Contains(child); // an ancestor may lead to some
            }
        }

        child = null;
        return false;
    }

    private void Visit(PickleValue node, string nodePath, int depth)
    {
        if (node is PickleTensor tensor)
        {
            Add(nodePath.Length == 0 ? "/" : nodePath, tensor.View);
            return;
        }

        if (!leadsToTensors.Contains(node) || !ancestors.Add(node))
            return;
        if (depth > limits.Nesting)
            throw TooDeep();
        var count = PickleTree.ChildCount(node);
        for (var i = 0; i < count; i++)
        {
            if (++stepCount > (long)limits.ListedTensors * StepsPerListedTensor)
                throw TooMany();
            var child = PickleTree.Child(node, i);
            if (child is PickleTensor || leadsToTensors.Contains(child))
                Visit(child, PathOf(nodePath, node, i), depth + 1);
        }

        ancestors.Remove(node);
    }

    /// <summary>The path of a child. Keys may be long and shared, so the characters of all paths are counted before they are put together.</summary>
    private string PathOf(string nodePath, PickleValue node, int index)
    {
        var segment = PickleTree.ChildPath(node, index);
        pathCharacters += nodePath.Length + 1 + segment.Length;
        return pathCharacters <= characterLimit
            ? $"{nodePath}/{segment}"
            : throw Error($"The paths of the tensors have more than {characterLimit} characters, the limit of {CharactersPerTensor} for each of {limits.ListedTensors} (ListedTensors)");
    }

    private void Add(string tensorPath, TensorView view)
    {
        if (tensors.Count >= limits.ListedTensors)
            throw TooMany();
        if (view.LogicalBytes > logicalLimit - logicalBytes)
            throw Error($"The tensors have {(Int128)logicalBytes + view.LogicalBytes} bytes laid out by path or more, the limit (LogicalRatio) is {limits.LogicalRatio} times the file and 64 MiB, {logicalLimit}");
        if (budget.ChargeListed(tensorPath) is { } problem)
            throw Error(problem);
        logicalBytes += view.LogicalBytes;
        tensors.Add(new NamedTensor(tensorPath, view));
    }

    private CheckpointFormatException TooDeep() => Error($"The object tree is nested more than {limits.Nesting} deep, the limit (Nesting)");

    private CheckpointFormatException TooMany() => Error($"The object tree leads to its tensors along more than {limits.ListedTensors} paths, the limit (ListedTensors)");

    private CheckpointFormatException Error(string problem) => new(problem, path, entry);
}
