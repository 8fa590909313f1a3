using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>The layers of one side while they are chosen, and their tensors when they are.</summary>
internal sealed class LayerStack
{
    private readonly GraftedModel model;
    private readonly ModelSide side;
    private readonly OpenNmtCheckpoint owner;
    private List<(OpenNmtCheckpoint Donor, int Layer)> layers;
    private readonly HashSet<int> filled = [];
    private bool isChanged;

    public LayerStack(GraftedModel model, ModelSide side)
    {
        (this.model, this.side) = (model, side);
        owner = side == ModelSide.Encoder ? model.SourceOwner : model.TargetOwner;
        layers = [.. Enumerable.Range(0, model.LayerCount(side)).Select(layer => (owner, layer))];
    }

    private string Name => LayerRange.SideName(side);

    /// <summary>Keeps some of the layers, in an order.</summary>
    public void Keep(IReadOnlyList<int> kept)
    {
        isChanged = true;
        if (kept.Any(layer => layer >= layers.Count))
            model.Problems.Add(FormattableString.Invariant($"layers {Name}:{string.Join(',', kept)} to keep: the base has {layers.Count}, numbered from 0"));
        else
            layers = [.. kept.Select(layer => layers[layer])];
    }

    /// <summary>Puts layers of a donor into places.</summary>
    public void Put(LayerGraft graft)
    {
        isChanged = true;
        var what = $"{graft.Target} from {graft.Donor.Checkpoint.FilePath}:{string.Join(',', graft.Source)}";
        if (graft.Target.Layers.Count != graft.Source.Count)
            model.Problems.Add(FormattableString.Invariant($"{what}: {graft.Source.Count} layers for {graft.Target.Layers.Count} places"));
        var available = OpenNmtLayers.Count(graft.Donor.Tensors.Select(tensor => tensor.Name), side);
        if (graft.Source.Any(layer => layer >= available))
            model.Problems.Add(FormattableString.Invariant($"{what}: the donor has {available} {Name} layers, numbered from 0"));
        if (!ReferenceEquals(graft.Donor, model.Base))
            CheckConfig(graft.Donor, what);
        foreach (var (place, layer) in graft.Target.Layers.Zip(graft.Source))
        {
            if (!filled.Add(place))
                model.Problems.Add(FormattableString.Invariant($"{what}: place {place} is filled twice"));
            else if (place < layers.Count)
                layers[place] = (graft.Donor, layer);
            else if (place == layers.Count)
                layers.Add((graft.Donor, layer));
            else
                model.Problems.Add(FormattableString.Invariant($"{what}: place {place} leaves a gap behind layer {layers.Count - 1}"));
        }
    }

    /// <summary>Puts the chosen layers into the model.</summary>
    /// <returns>Where each layer comes from; empty where nothing was chosen.</returns>
    public IReadOnlyList<LayerOrigin> Apply()
    {
        if (!isChanged || model.Problems.Count > 0)
            return [];
        var used = new HashSet<(OpenNmtCheckpoint, int)>();
        var tensors = new List<GraftedTensor>();
        for (var place = 0; place < layers.Count; place++)
            tensors.AddRange(Tensors(place, isRepeated: !used.Add(layers[place])));
        CheckNames(tensors);
        model.Replace(name => OpenNmtLayers.IsOf(name, side), tensors);
        return [.. layers.Select((layer, place) => new LayerOrigin(side, place, layer.Donor.Checkpoint.FilePath, layer.Layer))];
    }

    private void CheckConfig(OpenNmtCheckpoint donor, string what)
    {
        foreach (var difference in ConfigDifferences.OfLayers(model.Config, OpenNmtConfig.Describe(donor, []), side))
            model.Problems.Add($"{what}: {difference}");
    }

    /// <summary>A layer that occurs twice gets storages of its own the second time: a loader would tie the two.</summary>
    private IEnumerable<GraftedTensor> Tensors(int place, bool isRepeated)
    {
        var (donor, layer) = layers[place];
        foreach (var tensor in OpenNmtLayers.Of(donor, side, layer))
        {
            var view = model.Adapt(tensor.Name, tensor.View);
            yield return new GraftedTensor(OpenNmtLayers.Renumber(tensor.Name, side, place), OpenNmtLayers.Renumber(tensor.FileName, side, place), isRepeated ? Copy(view) : view);
        }
    }

    private static TensorView Copy(TensorView view) => CheckpointTree.Computed(view.DType, view.Shape, (first, destination) => view.CopyElements(destination, first)).View;

    /// <summary>All layers must have the tensors of the first of the model's own, in its shapes.</summary>
    private void CheckNames(List<GraftedTensor> tensors)
    {
        var expected = OpenNmtLayers.Of(owner, side, 0).ToDictionary(tensor => OpenNmtLayers.Renumber(tensor.Name, side, 0), tensor => tensor.View, StringComparer.Ordinal);
        foreach (var layer in tensors.GroupBy(tensor => OpenNmtNames.TryParseLayer(tensor.Name, OpenNmtLayers.Prefix(side), out var number, out _) ? number : -1))
        {
            var source = $"{layers[layer.Key].Donor.Checkpoint.FilePath}:{layers[layer.Key].Layer}";
            var found = layer.ToDictionary(tensor => OpenNmtLayers.Renumber(tensor.Name, side, 0), tensor => tensor.View, StringComparer.Ordinal);
            foreach (var name in expected.Keys.Except(found.Keys))
                model.Problems.Add($"{Name} layer of {source}: {name} is missing");
            foreach (var (name, view) in found)
            {
                if (!expected.TryGetValue(name, out var own))
                    model.Problems.Add($"{Name} layer of {source}: {name} is not in the base's layers");
                else if (!own.Shape.SequenceEqual(view.Shape))
                    model.Problems.Add($"{Name} layer of {source}: {name} has shape [{string.Join(", ", view.Shape)}], expected [{string.Join(", ", own.Shape)}]");
            }
        }
    }
}
