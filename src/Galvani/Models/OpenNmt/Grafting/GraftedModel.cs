using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>A tensor of the model that is put together.</summary>
/// <param name="Name">Its present name.</param>
/// <param name="FileName">Its name in the new file.</param>
/// <param name="View">The tensor; names with one view share their storage in the new file.</param>
internal sealed record GraftedTensor(string Name, string FileName, TensorView View);

/// <summary>The model while it is put together: tensors in order, vocabularies, what has been done, and what does not fit.</summary>
internal sealed class GraftedModel
{
    private readonly FloatCast? cast;
    private readonly List<GraftedTensor> tensors;

    public GraftedModel(OpenNmtCheckpoint baseModel)
    {
        Base = baseModel;
        Config = OpenNmtConfig.Describe(baseModel, []);
        tensors = [.. baseModel.Tensors.Select(tensor => new GraftedTensor(tensor.Name, tensor.FileName, tensor.View))];
        (SourceOwner, TargetOwner) = (baseModel, baseModel);
        (SourceTokens, TargetTokens) = (baseModel.Vocabularies?.Source ?? [], baseModel.Vocabularies?.Target ?? []);
        var type = baseModel.Find(OpenNmtNames.TargetEmbedding)?.View.DType;
        cast = type is DType.Float32 or DType.Float16 or DType.BFloat16 ? new FloatCast(type.Value) : null;
    }

    /// <summary>The model that everything is put into.</summary>
    public OpenNmtCheckpoint Base { get; }

    /// <summary>Its configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>The tensors, in file order.</summary>
    public IReadOnlyList<GraftedTensor> Tensors => tensors;

    /// <summary>The file that the encoder, with vocabulary and <c>src_</c> options, comes from.</summary>
    public OpenNmtCheckpoint SourceOwner { get; set; }

    /// <summary>The file that the decoder, with vocabulary and <c>tgt_</c> options, comes from.</summary>
    public OpenNmtCheckpoint TargetOwner { get; set; }

    /// <summary>The source's tokens; empty for a language model or where there are none.</summary>
    public IReadOnlyList<string> SourceTokens { get; set; }

    /// <summary>The target's tokens.</summary>
    public IReadOnlyList<string> TargetTokens { get; set; }

    /// <summary>What does not fit, one phrase each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Where numbers became infinite.</summary>
    public IReadOnlyList<CastOverflow> Overflows => cast?.Overflows ?? [];

    /// <summary>A tensor by present name, or null.</summary>
    public TensorView? Find(string name) => tensors.Find(tensor => tensor.Name == name)?.View;

    /// <summary>A donor's tensor in the element type of the base.</summary>
    public TensorView Adapt(string name, TensorView view) => cast is null ? view : cast.Cast(name, view);

    /// <summary>Puts tensors into the place of all that a test chooses; behind everything where it chooses none.</summary>
    public void Replace(Func<string, bool> isReplaced, IEnumerable<GraftedTensor> replacement)
    {
        var place = tensors.FindIndex(tensor => isReplaced(tensor.Name));
        tensors.RemoveAll(tensor => isReplaced(tensor.Name));
        tensors.InsertRange(place < 0 ? tensors.Count : place, replacement);
    }

    /// <summary>Puts a view into the place of another, under every name that has it.</summary>
    public void ReplaceView(TensorView old, TensorView replacement)
    {
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].View.IsSameViewAs(old))
                tensors[i] = tensors[i] with { View = replacement };
        }
    }

    /// <summary>Puts a view under one name.</summary>
    public void Set(string name, TensorView view)
    {
        var place = tensors.FindIndex(tensor => tensor.Name == name);
        tensors[place] = tensors[place] with { View = view };
    }

    /// <summary>The layers of a side.</summary>
    public int LayerCount(ModelSide side) => OpenNmtLayers.Count(tensors.Select(tensor => tensor.Name), side);

    /// <summary>The tensors as nodes to be written.</summary>
    public IReadOnlyList<KeyValuePair<string, PickleTensor>> Nodes() => [.. tensors.Select(tensor => KeyValuePair.Create(tensor.FileName, new PickleTensor(tensor.View)))];
}
