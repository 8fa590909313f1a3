using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>The files of a mean. Of the first one everything is kept; of each further one, when it has been checked against the first, the places of its tensors.</summary>
internal sealed class AveragedFiles : IDisposable
{
    private readonly AverageMisfits misfits;
    private readonly List<MappedTensors> further = []; // a tensor for each group of the first file's

    /// <summary>Begins with the first file.</summary>
    public AveragedFiles(OpenNmtCheckpoint first)
    {
        IsModel = ModelContent.HasNames(first);
        First = FileOf(first, like: null);
        Groups = SharedTensors.Of(First.Tensors);
        misfits = new AverageMisfits(First, Groups);
    }

    /// <summary>Whether the first file is a checkpoint of a model; else its whole tree is averaged.</summary>
    public bool IsModel { get; }

    /// <summary>The first file.</summary>
    public AveragedFile First { get; }

    /// <summary>Its tensors, those under several names together.</summary>
    public IReadOnlyList<IReadOnlyList<OpenNmtTensor>> Groups { get; }

    /// <summary>Checks a further file against the first, and takes over the maps of its tensors.</summary>
    public void Add(OpenNmtCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var file = FileOf(checkpoint, like: misfits.Any ? null : First);
        misfits.Check(file, cancellationToken);
        var tensors = new TensorView[misfits.Any ? 0 : Groups.Count]; // where something does not fit, nothing will be read
        for (var i = 0; i < tensors.Length; i++)
            tensors[i] = file.Find(Groups[i][0].Name, i)!.View;
        further.Add(MappedTensors.TakeOver(checkpoint.WeightFiles.Prepend(checkpoint.Checkpoint), tensors));
    }

    /// <summary>Checks that all files are of one model.</summary>
    /// <exception cref="WeightMismatchException">They are not; what does not fit is named.</exception>
    public void CheckFit() => misfits.ThrowIfAny();

    /// <summary>A group's tensor in each file; those of further files are made anew.</summary>
    public TensorView[] Views(int group) => [Groups[group][0].View, .. further.Select(file => file[group])];

    /// <summary>Closes the further files.</summary>
    public void Dispose() => further.ForEach(file => file.Dispose());

    private AveragedFile FileOf(OpenNmtCheckpoint checkpoint, AveragedFile? like) => IsModel ? AveragedFile.OfModel(checkpoint, like) : AveragedFile.OfTree(checkpoint, like);
}
