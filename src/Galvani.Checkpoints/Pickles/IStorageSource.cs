using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

/// <summary>The container's part in reading a pickle: finds the storages that it names.</summary>
internal interface IStorageSource
{
    /// <summary>What a storage takes beyond what it costs to have it in the file: nothing where each has an entry in the directory of an archive.</summary>
    int StorageBytes { get; }

    /// <summary>About as many storages as there are, so that room is made at once; 0 where that is not known.</summary>
    int ExpectedCount => 0;

    /// <summary>The storage, the same instance for the same key; null with <paramref name="problem"/> set where there is none that fits.</summary>
    StorageView? Find(string key, DType type, long elementCount, string location, out string problem);

    /// <summary>What a persistent id stands for by itself, in a container that describes its tensors outside the object tree; null where there is none of that name.</summary>
    PickleValue? FindObject(PickleValue id) => null;
}
