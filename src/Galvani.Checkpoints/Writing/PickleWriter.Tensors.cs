using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

internal sealed partial class PickleWriter
{
    private const int MostArguments = 7; // of what rebuilds a tensor

    private void SaveTensor(PickleTensor tensor)
    {
        var view = tensor.View;
        if (view.Wrapper is { Class: { } type } typed)
        {
            Save(typed.Function);
            Op(PickleOpcode.Mark);
            SaveRebuilding(view);
            Save(type);
            SaveRebuildingArguments(view);
            Save(typed.State);
            Op(PickleOpcode.Tuple);
            Cost.Tuple(MostArguments);
        }
        else
        {
            SaveRebuilding(view);
            SaveRebuildingArguments(view);
        }

        Op(PickleOpcode.Reduce);
        Cost.Tensor(view.Rank);
        if (view.IsParameter)
            Cost.Tensor(rank: 0);
        if (view.Wrapper is not null)
            Cost.Tuple(MostArguments);
        Cost.Listed();
        Remember(tensor);
    }

    /// <summary>The function that rebuilds a tensor, or a parameter around one.</summary>
    private void SaveRebuilding(TensorView view)
    {
        if (!view.IsParameter)
            SaveGlobal(RebuildTensor(view));
        else if (view.Wrapper is { Class: null } withState)
            Save(withState.Function);
        else
            SaveGlobal(PickleGlobals.RebuildParameter);
    }

    private void SaveRebuildingArguments(TensorView view)
    {
        if (!view.IsParameter)
        {
            SaveTensorArguments(view);
            return;
        }

        Op(PickleOpcode.Mark);
        SaveGlobal(RebuildTensor(view));
        SaveTensorArguments(view);
        Op(PickleOpcode.Reduce);
        Op(view.RequiresGrad ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
        SaveEmptyHooks();
        if (view.Wrapper is { Class: null } withState)
            Save(withState.State);
        Op(PickleOpcode.Tuple);
    }

    private static string RebuildTensor(TensorView view) => view.DType.HasStorageClass() ? PickleGlobals.RebuildTensorV2 : PickleGlobals.RebuildTensorV3;

    private void SaveTensorArguments(TensorView view)
    {
        Op(PickleOpcode.Mark);
        SaveStorage(view.Storage);
        SaveInteger(view.StorageOffset);
        SavePlainTuple([.. view.Shape.Select(size => new PickleInteger(size))]);
        SavePlainTuple([.. view.Strides.Select(stride => new PickleInteger(stride))]);
        Op(view.RequiresGrad && !view.IsParameter ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);
        SaveEmptyHooks();
        if (!view.DType.HasStorageClass())
            SaveGlobal("torch." + view.DType.TorchName());
        Op(PickleOpcode.Tuple);
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
