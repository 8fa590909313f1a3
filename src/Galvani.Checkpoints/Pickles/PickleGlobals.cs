using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

/// <summary>The globals that are interpreted, by their dotted names. Every other one stays an inert, named node.</summary>
internal static class PickleGlobals
{
    public const string OrderedDict = "collections.OrderedDict";
    public const string DefaultDict = "collections.defaultdict";
    public const string Counter = "collections.Counter";
    public const string Namespace = "argparse.Namespace";
    public const string TorchSize = "torch.Size";
    public const string TorchDevice = "torch.device";
    public const string RebuildTensor = "torch._utils._rebuild_tensor";
    public const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    public const string RebuildTensorV3 = "torch._utils._rebuild_tensor_v3";
    public const string RebuildParameter = "torch._utils._rebuild_parameter";
    public const string RebuildParameterWithState = "torch._utils._rebuild_parameter_with_state";
    public const string CodecsEncode = "_codecs.encode";

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["__builtin__.set"] = "builtins.set",
        ["__builtin__.frozenset"] = "builtins.frozenset",
        ["__builtin__.complex"] = "builtins.complex",
        ["__builtin__.bytearray"] = "builtins.bytearray",
        ["__builtin__.bytes"] = "builtins.bytes",
        ["__builtin__.list"] = "builtins.list",
        ["__builtin__.dict"] = "builtins.dict",
        ["__builtin__.int"] = "builtins.int",
        ["__builtin__.float"] = "builtins.float",
        ["__builtin__.tuple"] = "builtins.tuple",
    };

    private static readonly HashSet<string> Interpreted = new(StringComparer.Ordinal)
    {
        OrderedDict, DefaultDict, Counter, Namespace, TorchSize, TorchDevice, RebuildTensor, RebuildTensorV2, RebuildTensorV3, RebuildParameter,
        RebuildParameterWithState, CodecsEncode, "builtins.set", "builtins.frozenset", "builtins.complex", "builtins.bytearray", "builtins.bytes",
        "builtins.list", "builtins.dict", "builtins.int", "builtins.float", "builtins.tuple", "torch.serialization._get_layout", "torch.storage.UntypedStorage", "torch.UntypedStorage",
        // What OpenNMT-py 2 and older torchtext put into vocabularies: kept as inert objects, known to be harmless data.
        "onmt.inputters.text_dataset.TextMultiField", "onmt.inputters.text_dataset._feature_tokenize", "torchtext.data.field.Field", "torchtext.vocab.Vocab",
        "torchtext.data.utils._split_tokenizer", "torchtext.vocab._default_unk_index",
    };

    /// <summary>The current name of a global: Python 2's <c>__builtin__</c> is <c>builtins</c>.</summary>
    public static string Canonical(string module, string name)
    {
        var dotted = module.Length == 0 ? name : $"{module}.{name}";
        return Aliases.GetValueOrDefault(dotted, dotted);
    }

    /// <summary>Whether a global may be named and called without being a finding.</summary>
    public static bool IsInterpreted(string global) => Interpreted.Contains(global) || IsTorchName(global);

    /// <summary>The element type of a typed storage class such as <c>torch.FloatStorage</c>.</summary>
    public static bool TryGetStorageType(string global, out DType type)
    {
        if (global is "torch.storage.UntypedStorage" or "torch.UntypedStorage")
        {
            type = DType.UInt8;
            return true;
        }

        type = default;
        var dot = global.LastIndexOf('.');
        return dot > 0 && global.AsSpan(0, dot) is "torch" or "torch.storage" or "torch.cuda" && DTypes.TryParseStorage(global[(dot + 1)..], out type);
    }

    private static bool IsTorchName(string global) =>
        global.StartsWith("torch.", StringComparison.Ordinal)
        && (TryGetStorageType(global, out _) || global.IndexOf('.', 6) < 0 && DTypes.TryParse(global, out _));
}
