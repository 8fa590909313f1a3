using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --object PATH</c>: any node of the object tree.</summary>
internal static class ObjectView
{
    private const int ShownItems = 20;
    private const int ShownValues = 100;
    private const int TextDepth = 1;
    private const long SmallNodes = 10_000;

    /// <summary>How much is shown.</summary>
    public sealed record Settings(bool ShowAll)
    {
        /// <summary>The most nodes of the document. Default 10^8.</summary>
        public long MaximumNodes { get; init; } = 100_000_000;

        /// <summary>Whether the file is closed already: then tensors are written without their values.</summary>
        public bool IsFileClosed { get; init; }

        /// <summary>The containers around the node that is being written, with the number of segments that lead to each; a reference to one of them is recursion.</summary>
        public Dictionary<PickleValue, int> Ancestors { get; } = new(ReferenceEqualityComparer.Instance);

        /// <summary>The path of the node that is being written, in segments that begin with their slash.</summary>
        public List<string> Path { get; } = [];
    }

    public static void WriteText(TextWriter output, PickleValue node, bool showAll)
    {
        if (showAll)
            CheckSize(Size(showAll, mostValues: 0).Count(node), new Settings(showAll)); // of a tensor the text has no values
        if (IsEmpty(node))
            output.Write(Container(node) + "\n");
        else if (IsContainer(node))
            WriteChildren(output, node, "", showAll ? int.MaxValue : TextDepth, showAll, []);
        else
            output.Write(Leaf(node) + "\n");
    }

    /// <summary>Writes a node by the rules of the JSON form.</summary>
    /// <exception cref="CommandException">It would have more nodes than the limit.</exception>
    public static void WriteValue(JsonText json, PickleValue node, Settings settings, string path = "")
    {
        CheckSize(SizeOf(node, settings), settings);
        WriteNode(json, node, settings, path);
        settings.Path.Clear();
    }

    /// <summary>Whether a node and all in it are few enough to be written as a detail of something else.</summary>
    public static bool IsSmall(PickleValue node, Settings settings) => SizeOf(node, settings) <= SmallNodes;

    private static long SizeOf(PickleValue node, Settings settings) => Size(settings.ShowAll, settings.ShowAll ? long.MaxValue : ShownValues).Count(node);

    private static TreeSize Size(bool showAll, long mostValues) => new(showAll ? int.MaxValue : ShownValues, showAll ? int.MaxValue : 10 * ShownItems, mostValues);

    private static void CheckSize(long size, Settings settings)
    {
        if (size > settings.MaximumNodes)
            throw LimitOption.TooManyNodes(settings.MaximumNodes);
    }

    private static void WriteNode(JsonText json, PickleValue node, Settings settings, string segment)
    {
        if (json.NodeCount > settings.MaximumNodes)
            throw LimitOption.TooManyNodes(settings.MaximumNodes);
        if (settings.Ancestors.TryGetValue(node, out var ancestor))
        {
            var path = string.Concat(settings.Path.Take(ancestor));
            json.BeginObject().Name("recursive").Text(path.Length == 0 ? "/" : path).EndObject();
            return;
        }

        if (!IsContainer(node))
        {
            WriteLeaf(json, node, settings);
            return;
        }

        settings.Path.Add(segment);
        settings.Ancestors.Add(node, settings.Path.Count);
        WriteContainer(json, node, settings);
        settings.Ancestors.Remove(node);
        settings.Path.RemoveAt(settings.Path.Count - 1);
    }

    /// <summary>Writes a tensor: exactly dtype, shape and values; of a large one the first values and how many are left out.</summary>
    public static void WriteTensor(JsonText json, TensorView view, Settings settings)
    {
        var shown = settings.IsFileClosed ? 0 : settings.ShowAll ? view.ElementCount : Math.Min(view.ElementCount, ShownValues);
        if (json.NodeCount + TreeSize.OfTensor(view, shown) > settings.MaximumNodes)
            throw LimitOption.TooManyNodes(settings.MaximumNodes);
        json.BeginObject().Name("dtype").Text(view.DType.TorchName()).Name("shape").Numbers64(view.Shape).Name("values").Elements(view, shown);
        if (shown < view.ElementCount)
            json.Name("truncated").Number(view.ElementCount - shown);
        json.EndObject();
    }

    private static void WriteContainer(JsonText json, PickleValue node, Settings settings)
    {
        switch (node)
        {
            case PickleDictionary dictionary:
                WriteDictionary(json, dictionary, settings);
                break;
            case PickleObject made:
                WriteObject(json, made, settings);
                break;
            case PickleSet set:
                WriteItems(json, [.. set.Items.OrderBy(item => item, SetOrder.Instance)], settings);
                break;
            case PickleList list:
                WriteItems(json, list.Items, settings);
                break;
            case PickleTuple tuple:
                WriteItems(json, tuple.Items, settings);
                break;
        }
    }

    private static void WriteDictionary(JsonText json, PickleDictionary dictionary, Settings settings)
    {
        json.BeginObject();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Entries)
        {
            var name = ObjectTree.KeyText(key);
            if (!names.Add(name))
                names.Add(name += $" ({(key is PickleInteger ? "int" : key.GetType().Name["Pickle".Length..].ToLowerInvariant())})");
            json.Name(name);
            WriteNode(json, value, settings, ObjectTree.Append("", name));
        }

        json.EndObject();
    }

    private static void WriteItems(JsonText json, IReadOnlyList<PickleValue> items, Settings settings, string owner = "")
    {
        var shown = settings.ShowAll ? items.Count : Math.Min(items.Count, ShownValues);
        if (shown < items.Count)
            json.BeginObject().Name("items");
        json.BeginArray();
        for (var i = 0; i < shown; i++)
            WriteNode(json, items[i], settings, FormattableString.Invariant($"{owner}/{i}"));
        json.EndArray();
        if (shown < items.Count)
            json.Name("truncated").Number((long)(items.Count - shown)).EndObject();
    }

    private static void WriteObject(JsonText json, PickleObject made, Settings settings)
    {
        json.BeginObject().Name("global").Text(made.Global).Name("arguments");
        WriteItems(json, made.Arguments, settings, "/arguments");
        json.Name("state");
        if (made.State is null)
            json.Null();
        else
            WriteNode(json, made.State, settings, "/state");
        if (made.Items.Count > 0)
        {
            json.Name("items");
            WriteItems(json, made.Items, settings, "/items");
        }

        foreach (var (key, value) in made.Entries)
        {
            json.Name(ObjectTree.KeyText(key));
            WriteNode(json, value, settings, ObjectTree.Append("", ObjectTree.KeyText(key)));
        }

        json.EndObject();
    }

    private static void WriteLeaf(JsonText json, PickleValue node, Settings settings)
    {
        switch (node)
        {
            case PickleNone:
                json.Null();
                break;
            case PickleBool flag:
                json.Flag(flag.Value);
                break;
            case PickleInteger number:
                json.Number(number.Value);
                break;
            case PickleFloat number:
                json.Number(number.Value);
                break;
            case PickleString text:
                json.Text(text.Value);
                break;
            case PickleBytes bytes:
                json.BeginObject().Name("bytes").Text(Convert.ToBase64String(bytes.Value.Span)).EndObject();
                break;
            case PickleTensor tensor:
                WriteTensor(json, tensor.View, settings);
                break;
            case PickleStorage storage:
                json.BeginObject().Name("storage").Text(storage.Storage.Key).Name("dtype").Text(storage.Storage.DType.TorchName()).Name("elements").Number(storage.Storage.ElementCount).EndObject();
                break;
            case PickleGlobal global:
                json.BeginObject().Name("global").Text(global.Name).Name("arguments").Null().Name("state").Null().EndObject();
                break;
            default:
                throw new CommandException($"A node of type {node.GetType().Name} has no JSON form.");
        }
    }

    private static void WriteChildren(TextWriter output, PickleValue node, string indent, int depth, bool showAll, List<PickleValue> ancestors)
    {
        if (ancestors.Contains(node))
        {
            output.Write($"{indent}(contains itself)\n");
            return;
        }

        ancestors.Add(node);
        var children = ObjectTree.Children(node).ToList();
        var shown = showAll || depth == TextDepth && node is PickleDictionary ? children.Count : Math.Min(children.Count, ShownItems);
        foreach (var (name, child) in children.Take(shown))
        {
            output.Write($"{indent}{PlainText.Visible(name)}: {(IsContainer(child) ? Container(child) : Leaf(child))}\n");
            if (IsContainer(child) && depth > 0)
                WriteChildren(output, child, indent + "  ", depth - 1, showAll, ancestors);
        }

        if (shown < children.Count)
            output.Write(FormattableString.Invariant($"{indent}... and {children.Count - shown} more; --all shows them\n"));
        if (node is PickleDictionary { Attributes: { } attributes })
            output.Write(FormattableString.Invariant($"{indent}attributes: {string.Join(", ", ObjectTree.Children(attributes).Select(attribute => PlainText.Visible(attribute.Key)))}\n"));
        ancestors.RemoveAt(ancestors.Count - 1);
    }

    private static bool IsContainer(PickleValue node) => node is PickleDictionary or PickleList or PickleTuple or PickleSet or PickleObject;

    /// <summary>Whether a container has nothing in it that would be shown.</summary>
    private static bool IsEmpty(PickleValue node) => IsContainer(node) && node is not PickleDictionary { Attributes: not null } && !ObjectTree.Children(node).Any();

    private static string Container(PickleValue node) => node switch
    {
        PickleDictionary dictionary => FormattableString.Invariant($"{dictionary.TypeName} of {dictionary.Entries.Count}"),
        PickleList list => FormattableString.Invariant($"list of {list.Items.Count}"),
        PickleTuple tuple => FormattableString.Invariant($"{tuple.TypeName} of {tuple.Items.Count}"),
        PickleSet set => FormattableString.Invariant($"{set.TypeName} of {set.Items.Count}"),
        PickleObject made => $"object of {PlainText.Visible(made.Global)}, not interpreted",
        _ => "",
    };

    private static string Leaf(PickleValue node) => node switch
    {
        PickleTensor { View: var view } => $"{(view.IsParameter ? "parameter" : "tensor")} {view.DType.TorchName()} {TensorsView.Shape(view)}",
        PickleStorage { Storage: var storage } => FormattableString.Invariant($"storage of {storage.ElementCount} {storage.DType.TorchName()}"),
        PickleString text => $"'{PlainText.Elide(PlainText.Visible(text.Value), 100)}'",
        PickleBytes bytes => FormattableString.Invariant($"{bytes.Value.Length} bytes"),
        PickleGlobal global => $"global {PlainText.Visible(global.Name)}",
        _ => PlainText.Visible(ObjectTree.KeyText(node)),
    };

    /// <summary>Numbers by size, then text by code point.</summary>
    private sealed class SetOrder : IComparer<PickleValue>
    {
        public static readonly SetOrder Instance = new();

        public int Compare(PickleValue? left, PickleValue? right) => (left, right) switch
        {
            (PickleInteger a, PickleInteger b) => a.Value.CompareTo(b.Value),
            (PickleFloat a, PickleFloat b) => a.Value.CompareTo(b.Value),
            _ => string.CompareOrdinal(ObjectTree.KeyText(left!), ObjectTree.KeyText(right!)),
        };
    }
}
