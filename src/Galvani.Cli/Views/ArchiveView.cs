using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --archive</c>: the entries, and which tensors use each.</summary>
internal static class ArchiveView
{
    private const int ShownUsers = 3;

    public static void WriteText(TextWriter output, Checkpoint checkpoint)
    {
        var users = Users(checkpoint);
        var table = new TextTable("entry", "offset", "bytes", "method", "used by").AlignRight(1, 2).FoldAt(TextWrap.TerminalColumns);
        foreach (var entry in checkpoint.Entries)
        {
            var names = users.GetValueOrDefault(entry.Name, []);
            var shown = string.Join(", ", names.Take(ShownUsers)) + (names.Count > ShownUsers ? FormattableString.Invariant($" and {names.Count - ShownUsers} more") : "");
            table.Add(PlainText.Visible(entry.Name), entry.DataOffset.ToString(CultureInfo.InvariantCulture), entry.Bytes.ToString(CultureInfo.InvariantCulture),
                entry.IsDeflated ? FormattableString.Invariant($"deflated to {entry.CompressedBytes}") : "stored",
                entry.Name == checkpoint.PickleEntry ? "the object tree" : PlainText.Visible(shown));
        }

        table.Write(output);
    }

    public static void WriteJson(JsonText json, Checkpoint checkpoint)
    {
        var users = Users(checkpoint);
        json.BeginArray();
        foreach (var entry in checkpoint.Entries)
        {
            json.BeginObject().Name("name").Text(entry.Name).Name("offset").Number(entry.DataOffset).Name("bytes").Number(entry.Bytes)
                .Name("compressed_bytes").Number(entry.CompressedBytes).Name("method").Text(entry.IsDeflated ? "deflated" : "stored")
                .Name("crc32").Text(entry.Crc32.ToString("x8", CultureInfo.InvariantCulture)).Name("tensors").Texts(users.GetValueOrDefault(entry.Name, [])).EndObject();
        }

        json.EndArray();
    }

    private static Dictionary<string, List<string>> Users(Checkpoint checkpoint)
    {
        var users = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors)
        {
            if (tensor.View.Storage.EntryName is not { } name)
                continue;
            if (!users.TryGetValue(name, out var list))
                users.Add(name, list = []);
            list.Add(tensor.ObjectPath);
        }

        foreach (var projection in checkpoint.Packing?.Projections ?? [])
            users[projection.EntryName] = [.. projection.ObjectPaths];
        return users;
    }
}
