using System.Text;

namespace Galvani.Checkpoints.Pickles;

internal sealed partial class PickleMachine
{
    // Small integers are the same node wherever they occur, as in Python.
    private static readonly PickleInteger?[] SmallIntegers = new PickleInteger?[256];

    private void PushInteger(int value)
    {
        if ((uint)value < (uint)SmallIntegers.Length)
            stack.Push(SmallIntegers[value] ??= new PickleInteger(value));
        else
            PushNode(new PickleInteger(value));
    }

    private void PushIntLine()
    {
        var line = cursor.Line();
        if (line.SequenceEqual("00"u8) || line.SequenceEqual("01"u8))
            stack.Push(line[1] == '1' ? PickleBool.True : PickleBool.False);
        else
            PushBig(cursor.DecimalInteger(line), line.Length);
    }

    private void PushLongLine()
    {
        var line = cursor.Line();
        PushBig(cursor.DecimalInteger(line.EndsWith("L"u8) ? line[..^1] : line), line.Length);
    }

    private void PushLong(PickleOperand form)
    {
        var bytes = cursor.Counted(form);
        PushBig(cursor.Integer(bytes), bytes.Length);
    }

    private void PushBig(PickleInteger value, int length)
    {
        stack.Charge(value.TryGetInt64(out _) ? length : length + PickleBudget.LargeIntegerBytes);
        PushNode(value);
    }

    private void PushText(PickleOperand form)
    {
        var utf8 = cursor.Counted(form);
        stack.Charge(2L * utf8.Length);
        PushNode(new PickleString(cursor.Text(utf8)));
    }

    /// <summary>Python 2's <c>str</c>: bytes that are text nearly always; taken as UTF-8, else as Latin-1.</summary>
    private void PushPython2Text(PickleOperand form)
    {
        var bytes = cursor.Counted(form);
        stack.Charge(2L * bytes.Length);
        PushNode(new PickleString(System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes)));
    }

    private void PushUnicodeLine()
    {
        var line = cursor.Line();
        stack.Charge(2L * line.Length);
        PushNode(new PickleString(EscapedText.DecodeRawUnicode(line) ?? throw cursor.Error("A UNICODE string has a broken escape")));
    }

    private void PushQuotedLine()
    {
        var line = cursor.Line();
        stack.Charge(2L * line.Length);
        PushNode(new PickleString(EscapedText.Unquote(line) ?? throw cursor.Error("A STRING is not plainly quoted")));
    }

    private void PushBytes(PickleOperand form, string typeName = "bytes")
    {
        var bytes = cursor.Counted(form);
        stack.Charge(bytes.Length);
        PushNode(new PickleBytes(bytes.ToArray(), typeName));
    }

    private void PushTuple(PickleValue[] items)
    {
        stack.Charge(PickleBudget.TupleBytes);
        stack.Push(new PickleTuple(items));
    }

    private void PushTuple(int count)
    {
        var items = new PickleValue[count];
        for (var i = count - 1; i >= 0; i--)
            items[i] = stack.Pop();
        stack.Charge((long)count * PickleBudget.ItemBytes);
        PushTuple(items);
    }

    private void PushList(PickleValue[] items)
    {
        PushContainer(new PickleList());
        Append(items);
    }

    private void PushDictionary(PickleValue[] items)
    {
        PushContainer(new PickleDictionary());
        SetItems(items);
    }

    private void PushFrozenSet(PickleValue[] items)
    {
        PushContainer(new PickleSet("frozenset"));
        AddItems(items);
    }

    private void Append(params ReadOnlySpan<PickleValue> items)
    {
        stack.Charge((long)items.Length * PickleBudget.ReferenceBytes);
        switch (stack.Peek())
        {
            case PickleList list:
                foreach (var item in items)
                    list.Append(item);
                break;
            case PickleObject unknown:
                foreach (var item in items)
                    unknown.Append(item);
                break;
            default:
                throw cursor.Error("Items are appended to what is no list");
        }
    }

    private void SetItem()
    {
        var value = stack.Pop();
        var key = stack.Pop();
        SetItems([key, value]);
    }

    private void SetItems(ReadOnlySpan<PickleValue> items)
    {
        if (items.Length % 2 != 0)
            throw cursor.Error("Entries are set from an odd number of values");
        stack.Charge((long)items.Length / 2 * PickleBudget.EntryBytes);
        var target = stack.Peek();
        (target as PickleDictionary)?.ReserveMore(items.Length / 2);
        for (var i = 0; i < items.Length; i += 2)
        {
            CheckKey(items[i]);
            if (target is PickleDictionary dictionary)
                dictionary.Set(items[i], items[i + 1]);
            else if (target is PickleObject unknown)
                unknown.Set(items[i], items[i + 1]);
            else
                throw cursor.Error("Entries are set on what is no dictionary");
        }
    }

    private void AddItems(ReadOnlySpan<PickleValue> items)
    {
        stack.Charge((long)items.Length * PickleBudget.EntryBytes);
        if (stack.Peek() is not PickleSet set)
            throw cursor.Error("Items are added to what is no set");
        foreach (var item in items)
        {
            CheckKey(item);
            set.Add(item);
        }
    }

    private void CheckKey(PickleValue key)
    {
        if (PickleKeyComparer.WhyNoKey(key) is { } problem)
            throw cursor.Error(problem);
    }
}
