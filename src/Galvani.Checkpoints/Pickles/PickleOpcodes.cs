namespace Galvani.Checkpoints.Pickles;

/// <summary>The names of opcodes.</summary>
internal static class PickleOpcodes
{
    /// <summary>The name that Python's <c>pickletools</c> uses, such as <c>BINPUT</c>.</summary>
    public static string Name(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.None => "NONE",
        PickleOpcode.BinInt => "BININT",
        PickleOpcode.BinInt1 => "BININT1",
        PickleOpcode.BinInt2 => "BININT2",
        PickleOpcode.PersId => "PERSID",
        PickleOpcode.BinPersId => "BINPERSID",
        PickleOpcode.StackGlobal => "STACK_GLOBAL",
        PickleOpcode.EmptyDict => "EMPTY_DICT",
        PickleOpcode.EmptyList => "EMPTY_LIST",
        PickleOpcode.EmptyTuple => "EMPTY_TUPLE",
        PickleOpcode.EmptySet => "EMPTY_SET",
        PickleOpcode.LongBinGet => "LONG_BINGET",
        PickleOpcode.LongBinPut => "LONG_BINPUT",
        PickleOpcode.NewObjEx => "NEWOBJ_EX",
        PickleOpcode.ShortBinBytes => "SHORT_BINBYTES",
        PickleOpcode.ShortBinString => "SHORT_BINSTRING",
        PickleOpcode.ShortBinUnicode => "SHORT_BINUNICODE",
        PickleOpcode.PopMark => "POP_MARK",
        PickleOpcode.NextBuffer => "NEXT_BUFFER",
        PickleOpcode.ReadOnlyBuffer => "READONLY_BUFFER",
        _ => opcode.ToString().ToUpperInvariant(),
    };
}
