using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

internal sealed partial class PickleWriter
{
    private void SaveTensor(PickleTensor tensor)
    {
        var view = tensor.View;
        if (view.IsParameter)
        {
            SaveGlobal(PickleGlobals.RebuildParameter);
            Op(PickleOpcode.Mark);
        }

        var hasClass = view.DType.HasStorageClass();
        SaveGlobal(hasClass ? PickleGlobals.RebuildTensorV2 : PickleGlobals.RebuildTensorV3);
        Op(PickleOpcode.Mark);
        SaveStorage(view.Storage);
        SaveInteger(view.StorageOffset);
        SavePlainTuple([.. view.Shape.Select(size => new PickleInteger(size))]);
        SavePlainTuple([.. view.Strides.Select(stride => new PickleInteger(stride))]);
        Op(view.RequiresGrad && !view.IsParameter ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
        SaveEmptyHooks();
        if (!hasClass)
            SaveGlobal("torch." + view.DType.TorchName());
        Op(PickleOpcode.Tuple);
        Op(PickleOpcode.Reduce);
        if (view.IsParameter)
        {
            Op(view.RequiresGrad ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
            SaveEmptyHooks();
            Op(PickleOpcode.Tuple);
            Op(PickleOpcode.Reduce);
        }

        Cost.Tensor(view.Rank);
        if (view.IsParameter)
            Cost.Tensor(rank: 0);
        Cost.Listed();
        Remember(tensor);
    }

    private void SaveEmptyHooks()
    {
        Cost.Container();
        SaveGlobal(PickleGlobals.OrderedDict);
        Op(PickleOpcode.EmptyTuple);
        Op(PickleOpcode.Reduce);
    }

    /// <summary>A storage by its class; one whose type has none as bytes, the same ones for tensors of several such types.</summary>
    private void SaveStorage(StorageView view)
    {
        var hasClass = view.DType.HasStorageClass();
        var storage = hasClass ? view : view.Untyped;
        Op(PickleOpcode.Mark);
        SaveText("storage");
        SaveGlobal(hasClass ? "torch." + storage.DType.StorageName() : PickleGlobals.UntypedStorage);
        SaveKey(storage);
        SaveText(storage.Location);
        SaveInteger(hasClass ? storage.ElementCount : storage.ByteCount);
        Op(PickleOpcode.Tuple);
        Op(PickleOpcode.BinPersId);
    }

    private void SaveKey(StorageView storage)
    {
        if (storageKeys.TryGetValue(storage, out var known))
        {
            Recall(known.Memo);
            return;
        }

        var key = Storages.Count;
        storageKeys.Add(storage, (key, SaveNewText(key.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Storages.Add(storage);
    }
}
