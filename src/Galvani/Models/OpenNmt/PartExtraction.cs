using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>What an extraction made.</summary>
/// <param name="TensorNames">The tensors in the new file.</param>
/// <param name="SourceBytes">The bytes of the file they come from.</param>
/// <param name="Bytes">The bytes of the storages kept.</param>
public sealed record ExtractionReport(IReadOnlyList<string> TensorNames, long SourceBytes, long Bytes);

/// <summary>Cuts parts out of a checkpoint into a file of their own, with the vocabulary and the options, so that the part can be used alone.</summary>
public static class PartExtraction
{
    /// <summary>The names of parts.</summary>
    public static IReadOnlyList<string> PartNames { get; } = ["embeddings", "encoder", "decoder", "generator"];

    /// <summary>The tensors of a part.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="part">One of <see cref="PartNames"/>; <c>embeddings</c> is the source embedding with its features and positions (a language model's only one).</param>
    /// <exception cref="ArgumentException">There is no such part, or the file has no tensor of it.</exception>
    public static IReadOnlyList<OpenNmtTensor> TensorsOf(OpenNmtCheckpoint checkpoint, string part)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var hasEncoder = checkpoint.Find(OpenNmtNames.SourceEmbedding) is not null;
        var embeddings = (hasEncoder ? OpenNmtNames.Encoder : OpenNmtNames.Decoder)[..^1] + OpenNmtNames.Embeddings;
        var prefix = part switch
        {
            "embeddings" => embeddings,
            "encoder" => OpenNmtNames.Encoder,
            "decoder" => OpenNmtNames.Decoder,
            "generator" => OpenNmtNames.Generator,
            _ => throw new ArgumentException($"There is no part {part}; the parts are {string.Join(", ", PartNames)}.", nameof(part)),
        };
        var tensors = checkpoint.Tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        return tensors.Count > 0 ? tensors : throw new ArgumentException($"The file has no tensor of the part {part} ({checkpoint.Checkpoint.FilePath}).", nameof(part));
    }

    /// <summary>The tensors of layers.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="range">A side and its layers.</param>
    /// <exception cref="ArgumentException">The file does not have such layers.</exception>
    public static IReadOnlyList<OpenNmtTensor> TensorsOf(OpenNmtCheckpoint checkpoint, LayerRange range)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(range);
        var count = OpenNmtLayers.Count(checkpoint.Tensors.Select(tensor => tensor.Name), range.Side);
        if (range.Layers.Any(layer => layer >= count))
            throw new ArgumentException($"{range} are not all there: the file has {count} {LayerRange.SideName(range.Side)} layers, numbered from 0 ({checkpoint.Checkpoint.FilePath}).", nameof(range));
        return [.. range.Layers.SelectMany(layer => OpenNmtLayers.Of(checkpoint, range.Side, layer))];
    }

    /// <summary>The content of a new file.</summary>
    /// <param name="checkpoint">The checkpoint; must stay open until the file is written.</param>
    /// <param name="tensors">The tensors to keep.</param>
    /// <param name="part">The name of the mark; null for a choice of tensors that is no part.</param>
    /// <param name="positionCount">The rows of positional tables to keep; null for all.</param>
    /// <param name="rename">Old name to new name.</param>
    /// <param name="report">What is in it.</param>
    /// <exception cref="ArgumentException">Two tensors would get one name.</exception>
    public static CheckpointContent Build(
        OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors, string? part, int? positionCount, Func<string, string> rename, out ExtractionReport report)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(rename);
        var model = new Dictionary<string, PickleValue>(tensors.Count, StringComparer.Ordinal);
        var generator = new Dictionary<string, PickleValue>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var name = rename(tensor.Name);
            var target = name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal) ? generator : model;
            if (!target.TryAdd(target == generator ? name[OpenNmtNames.Generator.Length..] : name, Cut(tensor, positionCount)))
                throw new ArgumentException($"Two tensors would be named {name}.", nameof(rename));
        }

        var root = checkpoint.Checkpoint.Root as PickleDictionary; // null where the file is a list of tensors
        var entries = new List<KeyValuePair<string, PickleValue>>();
        foreach (var key in (string[])["vocab", "opt"])
        {
            if (root?[key] is { } node)
                entries.Add(new(key, node));
        }

        entries.Add(new("model", CheckpointTree.Dictionary(model)));
        entries.Add(new("generator", CheckpointTree.OrderedDictionary(generator)));
        entries.Add(new("optim", PickleNone.Instance));
        if (part is not null)
        {
            entries.Add(new(PartMark.Key, CheckpointTree.Dictionary([
                new("part", CheckpointTree.Text(part)), new("source", CheckpointTree.Text(Path.GetFileName(checkpoint.Checkpoint.FilePath))), new("format", CheckpointTree.Integer(1))])));
        }

        var storages = model.Values.Concat(generator.Values).Cast<PickleTensor>().Select(tensor => tensor.View.Storage).Distinct(ReferenceEqualityComparer.Instance).Cast<StorageView>();
        report = new ExtractionReport([.. tensors.Select(tensor => rename(tensor.Name))], checkpoint.Checkpoint.FileBytes, storages.Sum(storage => storage.ByteCount));
        var named = new List<KeyValuePair<string, TensorView>>(tensors.Count);
        named.AddRange(model.Concat(generator.Select(entry => KeyValuePair.Create(OpenNmtNames.Generator + entry.Key, entry.Value))).Select(entry => KeyValuePair.Create(entry.Key, ((PickleTensor)entry.Value).View)));
        return new CheckpointContent(CheckpointTree.Dictionary(entries), named, [.. entries.Select(entry => entry.Key).Except(["model", "generator", "optim"])]);
    }

    /// <summary>Writes the source embedding as text: a line <c>token v1 v2 ...</c> for each token, six decimals, as OpenNMT-py's own script does.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="output">Receives UTF-8.</param>
    /// <param name="cancellationToken">Checked between tokens.</param>
    /// <exception cref="ArgumentException">The file has no source embedding, or no vocabulary for it.</exception>
    public static void WriteText(OpenNmtCheckpoint checkpoint, Stream output, CancellationToken cancellationToken = default)
    {
        var tensor = TensorsOf(checkpoint, "embeddings")[0];
        var tokens = (tensor.Name.StartsWith(OpenNmtNames.Encoder, StringComparison.Ordinal) ? checkpoint.Vocabularies?.Source : checkpoint.Vocabularies?.Target)
            ?? throw new ArgumentException($"The file has no vocabulary, its rows have no tokens ({checkpoint.Checkpoint.FilePath}).", nameof(checkpoint));
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        var row = new float[tensor.View.Shape[1]];
        for (var id = 0; id < Math.Min(tokens.Count, tensor.View.Shape[0]); id++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tensor.View.ReadRow(id, row);
            writer.Write(tokens[id]);
            foreach (var value in row)
            {
                writer.Write(' ');
                writer.Write(value.ToString("F6", CultureInfo.InvariantCulture));
            }

            writer.Write('\n');
        }
    }

    private static PickleTensor Cut(OpenNmtTensor tensor, int? positionCount)
    {
        var view = tensor.View;
        if (positionCount is { } rows && OpenNmtNames.IsPositionalTable(tensor.Name) && view.Rank > 0 && rows < view.Shape[0])
            return CheckpointTree.FirstRows(view, rows);
        var usesAll = view.IsContiguous && view.StorageOffset == 0 && view.ElementCount == view.Storage.ElementCount;
        return usesAll || !view.IsContiguous || view.Rank == 0 || view.Shape[0] == 0 ? new PickleTensor(view) : CheckpointTree.FirstRows(view, view.Shape[0]);
    }
}
