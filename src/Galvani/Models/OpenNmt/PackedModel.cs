using Galvani.Checkpoints;
using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.OpenNmt;

/// <summary>A model as a <c>.galvani</c> file: which tensors are packed as which projections.</summary>
internal static class PackedModel
{
    private const string EncoderPart = "encoder";

    /// <summary>The name of a format as the command line has it.</summary>
    public static string NameOf(ProductFormat format) => format switch
    {
        ProductFormat.Single => "fp32",
        ProductFormat.Int8 => "int8",
        _ => "int8-exact",
    };

    /// <summary>What to write: every projection of the model's forward pass packed, the optimizer's state left out.</summary>
    /// <param name="checkpoint">A whole model, or an encoder; must stay open until the file is written.</param>
    /// <param name="root">Its tree, or one made from it with the same tensors.</param>
    /// <param name="format">How projections are held.</param>
    /// <param name="changes">Receives what is left out, in words.</param>
    /// <exception cref="UnsupportedCheckpointException">The model cannot be run, is another part, or is packed in 8 bits already.</exception>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    public static PackingPlan Plan(OpenNmtCheckpoint checkpoint, PickleValue root, ProductFormat format, List<string> changes)
    {
        var file = checkpoint.Checkpoint;
        if (file.Packing is { Format: not ProductFormat.Single and var held })
            throw new UnsupportedCheckpointException($"The file is packed for {NameOf(held)}, from which no other .galvani file is made: convert the checkpoint itself ({file.FilePath}).");
        if (checkpoint.Part is { } part && part.Part != EncoderPart)
            throw new UnsupportedCheckpointException($"The file is the part {part.Part}; a .galvani file holds a whole model, or an encoder ({file.FilePath}).");
        if (root is PickleDictionary dictionary && dictionary["optim"] is not (null or PickleNone))
        {
            root = ModelContent.WithoutOptimizer(dictionary);
            changes.Add("the optimizer's state is left out: the file is to be computed with, not trained on");
        }

        var kept = checkpoint.Tensors.Where(tensor => OpenNmtNames.IsEmbedding(tensor.Name)).Select(tensor => tensor.View);
        return new PackingPlan(root, [.. Bind(checkpoint, format).Select(linear => new WeightStack(linear.Weights, linear, linear.Format))], new HashSet<TensorView>(kept, ReferenceEqualityComparer.Instance), format);
    }

    /// <summary>Checks that a <c>.galvani</c> file has every projection of the model packed; others hold none, and nothing is checked.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="format">How the model's projections are to be held; a file that holds them otherwise is read as a checkpoint.</param>
    /// <param name="projections">Those of the model.</param>
    /// <exception cref="WeightMismatchException">Some are not packed; all are named.</exception>
    public static void CheckStored(OpenNmtCheckpoint checkpoint, ProductFormat format, IReadOnlyList<Linear> projections)
    {
        if (checkpoint.Checkpoint.Packing is not { } packing || packing.Format != format || projections.All(projection => projection.IsStored))
            return;
        var names = new Dictionary<TensorView, string>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in checkpoint.Tensors)
            names.TryAdd(tensor.View, tensor.Name);
        var missing = projections.Where(projection => !projection.IsStored).Select(projection => string.Join(" + ", projection.Weights.Select(view => names.GetValueOrDefault(view, "a tensor"))));
        throw new WeightMismatchException($"{string.Join("; ", missing)} not packed as the model computes: convert the checkpoint again ({checkpoint.Checkpoint.FilePath})");
    }

    private static List<Linear> Bind(OpenNmtCheckpoint checkpoint, ProductFormat format)
    {
        var config = OpenNmtConfig.Create(checkpoint);
        if (checkpoint.Part is not null)
            return [.. Projections.Of(TransformerBinding.BindEncoder(checkpoint, config, format))];
        var (encoder, decoder) = TransformerBinding.Bind(checkpoint, config, format);
        return [.. encoder is null ? [] : Projections.Of(encoder), .. Projections.Of(decoder)];
    }
}
