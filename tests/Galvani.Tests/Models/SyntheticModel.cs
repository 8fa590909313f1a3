using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models;

/// <summary>A golden checkpoint with other options and tensors, written to a file of its own: for what no golden folder has.</summary>
internal sealed class SyntheticModel
{
    private readonly Random random = new(2017);
    private readonly Dictionary<string, PickleValue> options;
    private readonly Dictionary<string, (float[] Values, long[] Shape)> tensors;
    private PickleValue vocabulary;

    public SyntheticModel(string option)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        var root = (PickleDictionary)checkpoint.Checkpoint.Root;
        vocabulary = root["vocab"]!;
        options = ObjectTree.Children(root["opt"]!).ToDictionary(child => child.Key, child => child.Value);
        tensors = checkpoint.Tensors.ToDictionary(tensor => tensor.Name, tensor => (tensor.View.ToSingles(), tensor.View.Shape.ToArray()));
    }

    public SyntheticModel Set(string option, PickleValue value)
    {
        options[option] = value;
        return this;
    }

    public SyntheticModel Set(string option, long value) => Set(option, new PickleInteger(value));

    public SyntheticModel Set(string option, bool value) => Set(option, new PickleBool(value));

    public SyntheticModel Set(string option, string value) => Set(option, new PickleString(value));

    /// <summary>Adds a tensor of normal numbers.</summary>
    public SyntheticModel Add(string name, params long[] shape)
    {
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(0.4 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        tensors[name] = (values, shape);
        return this;
    }

    public SyntheticModel Remove(Func<string, bool> which)
    {
        foreach (var name in tensors.Keys.Where(which).ToList())
            tensors.Remove(name);
        return this;
    }

    public SyntheticModel Rename(Func<string, string> rename)
    {
        foreach (var (name, tensor) in tensors.ToList())
        {
            tensors.Remove(name);
            tensors[rename(name)] = tensor;
        }

        return this;
    }

    /// <summary>Makes it a copy model: the generator has a gate.</summary>
    public SyntheticModel WithCopyGenerator() => Set("copy_attn", true)
        .Rename(name => name.StartsWith("generator.", StringComparison.Ordinal) ? name.Replace("generator.", "generator.linear.", StringComparison.Ordinal) : name)
        .Add("generator.linear_copy.weight", 1, 32).Add("generator.linear_copy.bias", 1);

    /// <summary>Gives a token of the vocabularies another name.</summary>
    public SyntheticModel RenameToken(string token, string name)
    {
        vocabulary = CheckpointTree.Dictionary(ObjectTree.Children(vocabulary).Select(entry => KeyValuePair.Create(entry.Key, entry.Value is PickleList list
            ? CheckpointTree.List(ObjectTree.Children(list).Select(child => child.Value is PickleString { Value: var text } && text == token ? new PickleString(name) : child.Value))
            : entry.Value)));
        return this;
    }

    /// <summary>Records another start token.</summary>
    public SyntheticModel WithStartToken(string token)
    {
        vocabulary = CheckpointTree.Dictionary(ObjectTree.Children(vocabulary).Select(entry => entry.Key == "decoder_start_token" ? KeyValuePair.Create(entry.Key, (PickleValue)new PickleString(token)) : entry));
        return this;
    }

    /// <summary>Gives the decoder's embedding and the generator the source embedding's numbers.</summary>
    public SyntheticModel Tie()
    {
        foreach (var name in (string[])["decoder.embeddings.make_embedding.emb_luts.0.weight", "generator.weight"])
            tensors[name] = tensors["encoder.embeddings.make_embedding.emb_luts.0.weight"];
        return this;
    }

    /// <summary>For each layer of a side its prefix.</summary>
    public SyntheticModel ForEachLayer(Action<SyntheticModel, string> change, string side = "decoder.transformer_layers.")
    {
        for (var layer = 0; layer < 2; layer++)
            change(this, $"{side}{layer}.");
        return this;
    }

    public string Write(string folder)
    {
        var path = Path.Combine(folder, "model.pt");
        IEnumerable<KeyValuePair<string, PickleValue>> Of(bool isGenerator) => tensors.Where(tensor => tensor.Key.StartsWith("generator.", StringComparison.Ordinal) == isGenerator)
            .Select(tensor => KeyValuePair.Create(isGenerator ? tensor.Key["generator.".Length..] : tensor.Key, (PickleValue)CheckpointTree.Tensor(tensor.Value.Values, tensor.Value.Shape)));
        CheckpointWriter.Write(path, CheckpointTree.Dictionary([
            new("vocab", vocabulary), new("opt", CheckpointTree.Dictionary(options)), new("model", CheckpointTree.Dictionary(Of(isGenerator: false))),
            new("generator", CheckpointTree.OrderedDictionary(Of(isGenerator: true))), new("optim", PickleNone.Instance)]));
        return path;
    }
}
