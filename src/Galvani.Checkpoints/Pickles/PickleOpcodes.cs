namespace Galvani.Checkpoints.Pickles;

/// <summary>How the operand that follows an opcode is written.</summary>
internal enum PickleOperand
{
    None,
    Byte,
    UInt16,
    Int32,
    UInt32,
    UInt64,
    Float64,

    /// <summary>Text up to a line feed.</summary>
    Line,

    /// <summary>Two lines: module and name.</summary>
    TwoLines,

    /// <summary>Bytes behind a length of 1, 4 or 8 bytes.</summary>
    Bytes1,
    Bytes4,
    Bytes8,

    /// <summary>UTF-8 behind a length of 1, 4 or 8 bytes.</summary>
    Text1,
    Text4,
    Text8,

    /// <summary>A little-endian two's-complement integer behind a length of 1 or 4 bytes.</summary>
    Long1,
    Long4,
}

/// <summary>The names and operands of opcodes.</summary>
internal static class PickleOpcodes
{
    /// <summary>Whether a byte is an opcode of protocols 0 to 5.</summary>
    public static bool IsDefined(PickleOpcode opcode) => opcode switch
    {
        >= PickleOpcode.Proto and <= PickleOpcode.ReadOnlyBuffer => true,
        > PickleOpcode.ReadOnlyBuffer => false,
        _ => "(.012FIJKLMNPQRSTUVXabcd}eghijl]opqrs)tuGBC".Contains((char)opcode),
    };

    /// <summary>The form of the operand.</summary>
    public static PickleOperand Operand(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.BinInt1 or PickleOpcode.BinGet or PickleOpcode.BinPut or PickleOpcode.Proto or PickleOpcode.Ext1 => PickleOperand.Byte,
        PickleOpcode.BinInt2 or PickleOpcode.Ext2 => PickleOperand.UInt16,
        PickleOpcode.BinInt or PickleOpcode.Ext4 => PickleOperand.Int32,
        PickleOpcode.LongBinGet or PickleOpcode.LongBinPut => PickleOperand.UInt32,
        PickleOpcode.Frame => PickleOperand.UInt64,
        PickleOpcode.BinFloat => PickleOperand.Float64,
        PickleOpcode.Float or PickleOpcode.Int or PickleOpcode.Long or PickleOpcode.String or PickleOpcode.Unicode
            or PickleOpcode.PersId or PickleOpcode.Get or PickleOpcode.Put => PickleOperand.Line,
        PickleOpcode.Global or PickleOpcode.Inst => PickleOperand.TwoLines,
        PickleOpcode.ShortBinString or PickleOpcode.ShortBinBytes => PickleOperand.Bytes1,
        PickleOpcode.BinString or PickleOpcode.BinBytes => PickleOperand.Bytes4,
        PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8 => PickleOperand.Bytes8,
        PickleOpcode.ShortBinUnicode => PickleOperand.Text1,
        PickleOpcode.BinUnicode => PickleOperand.Text4,
        PickleOpcode.BinUnicode8 => PickleOperand.Text8,
        PickleOpcode.Long1 => PickleOperand.Long1,
        PickleOpcode.Long4 => PickleOperand.Long4,
        _ => PickleOperand.None,
    };

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
