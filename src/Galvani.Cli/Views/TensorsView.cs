using System.Globalization;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --tensors</c>: names, types, shapes; equal layers folded to one line.</summary>
internal static class TensorsView
{
    public static void WriteText(TextWriter output, IReadOnlyList<OpenNmtTensor> tensors, bool isUnfolded)
    {
        var shared = Shared(tensors);
        var table = new TextTable("name", "dtype", "shape", "bytes", "").AlignRight(3).FoldAt(TextWrap.TerminalColumns);
        foreach (var (name, count, tensor) in isUnfolded ? tensors.Select(tensor => (tensor.Name, 1, tensor)) : Fold(tensors, shared))
        {
            table.Add(PlainText.Visible(name), tensor.View.DType.TorchName(), Shape(tensor.View), (count * tensor.View.LogicalBytes).ToString(CultureInfo.InvariantCulture), string.Join("; ", Marks(tensor, shared)));
        }

        table.Write(output);
        output.Write(FormattableString.Invariant($"{Numbers.Of(tensors.Count, "tensor")}, {Numbers.Count(tensors.Sum(tensor => tensor.View.ElementCount))} elements, {Numbers.Bytes(tensors.Select(tensor => tensor.View.Storage).Distinct().Sum(storage => storage.ByteCount))} of storages\n"));
    }

    public static void WriteJson(JsonText json, IReadOnlyList<OpenNmtTensor> tensors)
    {
        json.BeginArray();
        foreach (var tensor in tensors)
        {
            json.BeginObject().Name("name").Text(tensor.Name).Name("path").Text(tensor.ObjectPath).Name("dtype").Text(tensor.View.DType.TorchName())
                .Name("shape").Numbers64(tensor.View.Shape).Name("strides").Numbers64(tensor.View.Strides).Name("offset").Number(tensor.View.StorageOffset)
                .Name("bytes").Number(tensor.View.LogicalBytes).Name("storage").Text(tensor.View.Storage.Key).Name("location").Text(tensor.View.Storage.Location).EndObject();
        }

        json.EndArray();
    }

    /// <summary>The device that a tensor was on when it was saved, where it was not the processor's memory.</summary>
    public static string? Device(TensorView view) => view.Storage.Location is "" or "cpu" ? null : $"saved on {PlainText.Visible(view.Storage.Location)}";

    public static string Shape(TensorView view) => $"[{string.Join(", ", view.Shape)}]";

    private static IEnumerable<string> Marks(OpenNmtTensor tensor, Dictionary<StorageView, int> shared)
    {
        if (shared.TryGetValue(tensor.View.Storage, out var number))
            yield return FormattableString.Invariant($"shared storage {number}");
        if (tensor.Name != tensor.FileName && tensor.FileName.Length > 0)
            yield return $"{PlainText.Visible(tensor.FileName)} in the file";
        if (Device(tensor.View) is { } device)
            yield return device;
    }

    /// <summary>Storages that several tensors use, numbered from 1.</summary>
    private static Dictionary<StorageView, int> Shared(IReadOnlyList<OpenNmtTensor> tensors)
    {
        var numbers = new Dictionary<StorageView, int>(ReferenceEqualityComparer.Instance);
        foreach (var group in tensors.GroupBy(tensor => tensor.View.Storage, ReferenceEqualityComparer.Instance).Where(group => group.Count() > 1))
            numbers.Add((StorageView)group.Key!, numbers.Count + 1);
        return numbers;
    }

    /// <summary>Layers whose tensors are alike in name, type and shape become one line <c>transformer.{0-3}.…</c> at the place of the first.</summary>
    private static IEnumerable<(string Name, int Count, OpenNmtTensor Tensor)> Fold(IReadOnlyList<OpenNmtTensor> tensors, Dictionary<StorageView, int> shared)
    {
        var groups = new Dictionary<string, List<(int Layer, OpenNmtTensor Tensor)>>(StringComparer.Ordinal);
        var order = new List<(string Key, string Prefix, string Suffix, OpenNmtTensor Tensor)>();
        foreach (var tensor in tensors)
        {
            var (prefix, layer, rest) = Layer(tensor.Name);
            var key = prefix.Length == 0 || shared.ContainsKey(tensor.View.Storage) ? tensor.Name : $"{prefix}\n{rest}\n{tensor.View.DType}\n{Shape(tensor.View)}";
            if (!groups.TryGetValue(key, out var members))
            {
                groups.Add(key, members = []);
                order.Add((key, prefix, rest, tensor));
            }

            members.Add((layer, tensor));
        }

        foreach (var (key, prefix, rest, tensor) in order)
        {
            var members = groups[key];
            yield return (members.Count == 1 ? tensor.Name : $"{prefix}{{{Ranges(members.Select(member => member.Layer))}}}.{rest}", members.Count, tensor);
        }
    }

    private static (string Prefix, int Number, string Suffix) Layer(string name)
    {
        foreach (var prefix in (string[])[OpenNmtNames.EncoderLayers, OpenNmtNames.DecoderLayers])
        {
            if (OpenNmtNames.TryParseLayer(name, prefix, out var layer, out var rest))
                return (prefix, layer, rest);
        }

        return ("", 0, "");
    }

    private static string Ranges(IEnumerable<int> layers)
    {
        var parts = new List<string>();
        var sorted = layers.Order().ToList();
        for (var i = 0; i < sorted.Count;)
        {
            var end = i;
            while (end + 1 < sorted.Count && sorted[end + 1] == sorted[end] + 1)
                end++;
            parts.Add(i == end ? FormattableString.Invariant($"{sorted[i]}") : FormattableString.Invariant($"{sorted[i]}-{sorted[end]}"));
            i = end + 1;
        }

        return string.Join(',', parts);
    }
}
