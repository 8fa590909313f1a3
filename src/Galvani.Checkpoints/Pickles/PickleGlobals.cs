namespace Galvani.Checkpoints.Pickles;

/// <summary>What the machine makes of a global. Everything that is not listed is <see cref="Unknown"/>: an inert node and a finding.</summary>
internal enum GlobalRole
{
    /// <summary>Not interpreted: recorded, inert.</summary>
    Unknown,

    /// <summary>Kept inert, but known to be data: a class of older OpenNMT-py vocabularies, a device, a sparse tensor.</summary>
    InertData,

    /// <summary>Kept inert, but known to be data where its arguments are texts: a path of <c>pathlib</c>.</summary>
    Path,

    /// <summary>Kept inert, but known to be data where its argument is a number: an enumeration of OpenNMT-py, whose members are pickled as a call of it.</summary>
    Enumeration,

    /// <summary>Known as a value (a type, a memory format); calling it is a finding.</summary>
    NamedValue,

    /// <summary><c>torch.float32</c> and the like.</summary>
    DType,

    /// <summary><c>torch.FloatStorage</c> and the like.</summary>
    Storage,

    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    RebuildParameterWithState,
    RebuildFromType,
    LoadFromBytes,
    List,
    Tuple,
    Dict,
    OrderedDict,
    Counter,
    DefaultDict,
    Namespace,
    Set,
    FrozenSet,
    Bytes,
    ByteArray,
    CodecsEncode,
    Size,
    Partial,
    NumpyScalar,
}

/// <summary>The allow-list of globals, by the names of Python 3.</summary>
internal static class PickleGlobals
{
    public const string OrderedDict = "collections.OrderedDict";
    public const string DefaultDict = "collections.defaultdict";
    public const string Counter = "collections.Counter";
    public const string Namespace = "argparse.Namespace";
    public const string TorchSize = "torch.Size";
    public const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    public const string RebuildTensorV3 = "torch._utils._rebuild_tensor_v3";
    public const string UntypedStorage = "torch.storage.UntypedStorage";
    public const string RebuildParameter = "torch._utils._rebuild_parameter";
    public const string CodecsEncode = "_codecs.encode";

    /// <summary>A global of a module; modules that Python 2 called otherwise have the name of Python 3.</summary>
    public static PickleGlobal Create(string module, string name)
    {
        var known = module switch { "__builtin__" => "builtins", "copy_reg" => "copyreg", _ => module };
        return known.Length == 0 ? new PickleGlobal(name, moduleLength: 0) : new PickleGlobal($"{known}.{name}", known.Length);
    }

    public static GlobalRole RoleOf(string name) => name switch
    {
        "torch._utils._rebuild_tensor" => GlobalRole.RebuildTensor,
        RebuildTensorV2 => GlobalRole.RebuildTensorV2,
        RebuildTensorV3 => GlobalRole.RebuildTensorV3,
        RebuildParameter => GlobalRole.RebuildParameter,
        "torch._utils._rebuild_parameter_with_state" => GlobalRole.RebuildParameterWithState,
        "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" => GlobalRole.RebuildFromType,
        "torch.storage._load_from_bytes" => GlobalRole.LoadFromBytes,
        OrderedDict => GlobalRole.OrderedDict,
        Counter => GlobalRole.Counter,
        DefaultDict => GlobalRole.DefaultDict,
        Namespace => GlobalRole.Namespace,
        "builtins.set" => GlobalRole.Set,
        "builtins.frozenset" => GlobalRole.FrozenSet,
        "builtins.bytes" => GlobalRole.Bytes,
        "builtins.bytearray" => GlobalRole.ByteArray,
        CodecsEncode => GlobalRole.CodecsEncode,
        TorchSize => GlobalRole.Size,
        "functools.partial" => GlobalRole.Partial,
        "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar" => GlobalRole.NumpyScalar,
        "builtins.list" => GlobalRole.List,
        "builtins.tuple" => GlobalRole.Tuple,
        "builtins.dict" => GlobalRole.Dict,
        "builtins.int" or "builtins.float" or "builtins.str" or "builtins.bool" => GlobalRole.NamedValue,
        "torch.Tensor" or "torch.contiguous_format" or "torch.channels_last" or "torch.per_tensor_affine" or "torch.per_channel_affine" => GlobalRole.NamedValue,
        "onmt.utils.earlystopping.PatienceEnum" => GlobalRole.Enumeration,
        _ when IsPath(name) => GlobalRole.Path,
        _ when IsInertData(name) => GlobalRole.InertData,
        _ when name.StartsWith("torch.", StringComparison.Ordinal) => OfTorch(name),
        _ => GlobalRole.Unknown,
    };

    /// <summary>The element type of a storage class such as <c>torch.FloatStorage</c>; an untyped storage is bytes.</summary>
    public static bool TryGetStorageType(string name, out Tensors.DType type)
    {
        type = Tensors.DType.UInt8;
        if (name is UntypedStorage or "torch.UntypedStorage" or "torch.storage._UntypedStorage" or "torch._UntypedStorage")
            return true;
        var dot = name.LastIndexOf('.');
        return dot > 0 && name.AsSpan(0, dot) is "torch" or "torch.storage" or "torch.cuda" && Tensors.DTypes.TryParseStorage(name[(dot + 1)..], out type);
    }

    /// <summary>Functions that <c>functools.partial</c> may be over: those that older vocabularies were saved with.</summary>
    public static bool IsVocabularyFunction(string name) =>
        name is "onmt.inputters.text_dataset._feature_tokenize" or "torchtext.data.utils._split_tokenizer";

    /// <summary>Python 3.13 has the classes in a module <c>pathlib._local</c>, others in <c>pathlib</c>. What is in a class, such as its <c>unlink</c>, is none of them.</summary>
    private static bool IsPath(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot > 0 && name.AsSpan(0, dot) is "pathlib" or "pathlib._local" && name.AsSpan(dot + 1) is "PosixPath" or "PurePosixPath" or "WindowsPath" or "PureWindowsPath";
    }

    private static bool IsInertData(string name) => IsVocabularyFunction(name) || name is
        "onmt.inputters.text_dataset.TextMultiField" or "torchtext.data.field.Field" or "torchtext.vocab.Vocab"
        or "torchtext.vocab._default_unk_index" or "builtins.complex" or "torch.device" or "numpy.dtype"
        or "torch._utils._rebuild_qtensor" or "torch._utils._rebuild_sparse_tensor" or "torch._utils._rebuild_sparse_csr_tensor"
        or "torch._utils._rebuild_meta_tensor_no_storage" or "torch.serialization._get_layout";

    /// <summary>Whether a name is that of a tensor class of an element type, such as <c>torch.cuda.FloatTensor</c>: tar archives say it of each tensor.</summary>
    private static bool IsTensorType(string name) =>
        name.EndsWith("Tensor", StringComparison.Ordinal) && TryGetStorageType(name[..^"Tensor".Length] + "Storage", out _);

    private static GlobalRole OfTorch(string name)
    {
        if (TryGetStorageType(name, out _))
            return GlobalRole.Storage;
        if (IsTensorType(name))
            return GlobalRole.NamedValue;
        return name.IndexOf('.', "torch.".Length) < 0 && Tensors.DTypes.TryParse(name, out _) ? GlobalRole.DType : GlobalRole.Unknown;
    }
}
