using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>Puts other tensors into an object tree: a new tree, the old one stays as it is.</summary>
public static class TreeTensors
{
    /// <summary>The tree with its tensors replaced; a node that occurs twice still does.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="replace">The tensor to put in the place of one, by its object path; the first path counts where several lead to it.</param>
    public static PickleValue Replace(PickleValue root, Func<string, TensorView, TensorView> replace)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(replace);
        return new TreeRewriter(replace).Rewrite(root);
    }
}
