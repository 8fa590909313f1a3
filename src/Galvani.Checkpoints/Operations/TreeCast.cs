using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Operations;

/// <summary>Casts tensors of an object tree: a new tree, the old one stays as it is.</summary>
public static class TreeCast
{
    /// <summary>The tree with some of its tensors cast; views of one storage stay views of one storage.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="cast">The cast, done while the new tree's tensors are read or written.</param>
    /// <param name="isChosen">Tells by its object path whether a tensor is to be cast.</param>
    public static PickleValue Apply(PickleValue root, FloatCast cast, Func<string, bool> isChosen)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(cast);
        ArgumentNullException.ThrowIfNull(isChosen);
        return new TreeRewriter((path, view) => isChosen(path) ? cast.CastStorage(path, view) : view).Rewrite(root);
    }
}
