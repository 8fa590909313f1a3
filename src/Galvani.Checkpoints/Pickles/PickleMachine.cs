// The virtual machine of Python's pickle, protocols 0 to 5 (pickletools.py is the specification), without its power: no global is ever
// imported and nothing is called. A call of an allow-listed global becomes a typed record; any other becomes an inert node and a finding.
// Left out: extension codes and out-of-band buffers, which need what is not in a file.
using Op = Galvani.Checkpoints.Pickles.PickleOpcode;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Builds the object tree that a pickle describes. One instance reads one pickle.</summary>
internal sealed partial class PickleMachine
{
    private const int NewestProtocol = 5;

    private readonly PickleCursor cursor;
    private readonly PickleStack stack;
    private readonly GlobalInterpreter interpreter;
    private readonly List<PickleFinding> findings;
    private readonly int firstFinding;
    private PickleOpcode opcode;
    private PickleOpcode previous;

    /// <param name="cursor">Over the whole pickle.</param>
    /// <param name="storages">Finds storages.</param>
    /// <param name="runner">The bounds and the account of the file; receives findings.</param>
    public PickleMachine(PickleCursor cursor, IStorageSource storages, PickleRunner runner)
    {
        this.cursor = cursor;
        stack = new PickleStack(cursor, runner.Budget);
        interpreter = new GlobalInterpreter(storages, runner, cursor);
        findings = runner.Findings;
        firstFinding = findings.Count;
    }

    /// <summary>The protocol that the pickle names; 0 where it names none.</summary>
    public int Protocol { get; private set; }

    /// <summary>Runs to STOP and returns the root.</summary>
    /// <exception cref="CheckpointFormatException">The pickle is broken or asks for more than a limit allows.</exception>
    public PickleValue Run()
    {
        try
        {
            for (; (opcode = cursor.NextOpcode()) != Op.Stop; previous = opcode)
            {
                if (!ExecuteFrequent() && !ExecuteConstant() && !ExecuteContainer() && !ExecuteObject())
                    throw cursor.Error($"{PickleOpcodes.Name(opcode)} refers to what is not in the file");
            }
        }
        finally
        {
            ReportPartials();
        }

        var root = stack.Pop();
        if (stack.Count != 0 || stack.MarkCount != 0)
            throw cursor.Error($"The stack holds {stack.Count} values and {stack.MarkCount} marks at STOP beside the result");
        return cursor.Remaining == 0 ? root : throw cursor.Error($"The pickle goes on for {cursor.Remaining} bytes after STOP");
    }

    private void ReadProtocol()
    {
        Protocol = cursor.Byte();
        if (Protocol > NewestProtocol)
            throw cursor.Error($"The pickle has protocol {Protocol}; 0 to 5 are read");
    }

    /// <summary>What makes up nearly all of a checkpoint's pickle.</summary>
    private bool ExecuteFrequent()
    {
        switch (opcode)
        {
            case Op.BinUnicode: PushText(PickleOperand.Text4); break;
            case Op.ShortBinUnicode: PushText(PickleOperand.Text1); break;
            case Op.BinPut: stack.Memoize(cursor.Byte()); break;
            case Op.LongBinPut: stack.Memoize(cursor.UInt32()); break;
            case Op.Memoize: stack.Memoize(); break;
            case Op.BinGet: stack.Push(stack.Recall(cursor.Byte())); break;
            case Op.LongBinGet: stack.Push(stack.Recall(cursor.UInt32())); break;
            case Op.BinInt1: PushInteger(cursor.Byte()); break;
            case Op.BinInt2: PushInteger(cursor.UInt16()); break;
            case Op.BinInt: PushInteger(cursor.Int32()); break;
            case Op.Mark: stack.PushMark(); break;
            default: return false;
        }

        return true;
    }

    private bool ExecuteConstant()
    {
        switch (opcode)
        {
            case Op.None: stack.Push(PickleNone.Instance); break;
            case Op.NewTrue: stack.Push(PickleBool.True); break;
            case Op.NewFalse: stack.Push(PickleBool.False); break;
            case Op.BinFloat: PushNode(new PickleFloat(cursor.Float64())); break;
            case Op.Float: PushNode(new PickleFloat(cursor.DecimalFloat(cursor.Line()))); break;
            case Op.Int: PushIntLine(); break;
            case Op.Long: PushLongLine(); break;
            case Op.Long1: PushLong(PickleOperand.Long1); break;
            case Op.Long4: PushLong(PickleOperand.Long4); break;
            case Op.BinUnicode8: PushText(PickleOperand.Text8); break;
            case Op.BinBytes: PushBytes(PickleOperand.Bytes4); break;
            case Op.ShortBinBytes: PushBytes(PickleOperand.Bytes1); break;
            case Op.BinBytes8: PushBytes(PickleOperand.Bytes8); break;
            case Op.ByteArray8: PushBytes(PickleOperand.Bytes8, PickleBytes.ByteArray); break;
            case Op.Unicode: PushUnicodeLine(); break;
            case Op.String: PushQuotedLine(); break;
            case Op.BinString: PushPython2Text(PickleOperand.Bytes4); break;
            case Op.ShortBinString: PushPython2Text(PickleOperand.Bytes1); break;
            default: return false;
        }

        return true;
    }

    private bool ExecuteContainer()
    {
        switch (opcode)
        {
            case Op.EmptyTuple: stack.Push(PickleTuple.Empty); break;
            case Op.Tuple1: PushTuple(count: 1); break;
            case Op.Tuple2: PushTuple(count: 2); break;
            case Op.Tuple3: PushTuple(count: 3); break;
            case Op.Tuple: PushTuple(stack.PopToMark()); break;
            case Op.EmptyList: PushContainer(new PickleList()); break;
            case Op.List: PushList(stack.PopToMark()); break;
            case Op.Append: Append(stack.Pop()); break;
            case Op.Appends: Append(stack.PopToMark()); break;
            case Op.EmptyDict: PushContainer(new PickleDictionary()); break;
            case Op.Dict: PushDictionary(stack.PopToMark()); break;
            case Op.SetItem: SetItem(); break;
            case Op.SetItems: SetItems(stack.PopToMark()); break;
            case Op.EmptySet: PushContainer(new PickleSet()); break;
            case Op.AddItems: AddItems(stack.PopToMark()); break;
            case Op.FrozenSet: PushFrozenSet(stack.PopToMark()); break;
            default: return false;
        }

        return true;
    }

    private bool ExecuteObject()
    {
        switch (opcode)
        {
            case Op.Global: PushNode(ReadGlobal()); break;
            case Op.StackGlobal: PushStackGlobal(); break;
            case Op.Reduce: Reduce(); break;
            case Op.NewObj: NewObject(); break;
            case Op.NewObjEx: NewObjectWithKeywords(); break;
            case Op.Inst: Instantiate(ReadGlobal(), stack.PopToMark()); break;
            case Op.Obj: InstantiateFromStack(stack.PopToMark()); break;
            case Op.Build: Build(); break;
            case Op.BinPersId: PushPersistent(stack.Pop()); break;
            case Op.PersId: PushPersistent(new PickleString(cursor.Text(cursor.Line()))); break;
            case Op.Pop: stack.PopValueOrMark(); break;
            case Op.PopMark: stack.PopToMark(); break;
            case Op.Dup: stack.Push(stack.Peek()); break;
            case Op.Get: stack.Push(stack.Recall(MemoLine())); break;
            case Op.Put: stack.Memoize(MemoLine()); break;
            case Op.Proto: ReadProtocol(); break;
            case Op.Frame: CheckFrame(); break;
            default: return false;
        }

        return true;
    }

    private uint MemoLine() =>
        uint.TryParse(cursor.Line(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : throw cursor.Error("A memo index is no number");

    private void CheckFrame()
    {
        var size = cursor.UInt64();
        if (size > (ulong)cursor.Remaining)
            throw cursor.Error($"A frame of {size} bytes is longer than the {cursor.Remaining} bytes that remain");
    }

    private void PushNode(PickleValue value)
    {
        stack.Charge(PickleBudget.NodeBytes);
        stack.Push(value);
    }

    private void PushContainer(PickleValue value)
    {
        stack.Charge(PickleBudget.ContainerBytes);
        stack.Push(value);
    }
}
