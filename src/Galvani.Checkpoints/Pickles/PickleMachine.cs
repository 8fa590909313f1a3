using System.Globalization;
using System.Numerics;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// A machine for pickles of protocols 0 to 5 (Python's <c>Lib/pickle.py</c>, PEP 307, 3154, 574) that executes nothing. Globals that torch and OpenNMT-py
/// write become typed records (<see cref="PickleGlobals"/>); every other global becomes an inert node and a finding. Left out on purpose: extension codes
/// and out-of-band buffers, which need registries that a file does not carry.
/// </summary>
internal sealed partial class PickleMachine
{
    private readonly List<PickleValue> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, PickleValue> memo = [];
    private readonly List<PickleFinding> findings = [];
    private readonly CheckpointLimits limits;
    private readonly string path;
    private readonly string entry;
    private readonly Func<PickleMachine, PickleValue, PickleValue> resolvePersistentId;
    private PickleOpcode opcode;
    private long opcodeOffset;

    /// <param name="path">The file, for messages.</param>
    /// <param name="entry">The archive entry, for messages.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="resolvePersistentId">Turns a persistent id into a storage; throws for what is none.</param>
    public PickleMachine(string path, string entry, CheckpointLimits limits, Func<PickleMachine, PickleValue, PickleValue> resolvePersistentId) =>
        (this.path, this.entry, this.limits, this.resolvePersistentId) = (path, entry, limits, resolvePersistentId);

    /// <summary>What is not interpreted, in file order; complete after <see cref="Run"/>, partial after it failed.</summary>
    public IReadOnlyList<PickleFinding> Findings => findings;

    /// <summary>The protocol the pickle announces, 0 where it announces none.</summary>
    public int Protocol { get; private set; }

    /// <summary>Runs one pickle to its STOP.</summary>
    /// <param name="bytes">The pickle; bytes behind STOP are left.</param>
    /// <param name="consumed">The length of the pickle.</param>
    /// <returns>The object it describes.</returns>
    /// <exception cref="CheckpointFormatException">It is broken.</exception>
    public PickleValue Run(ReadOnlySpan<byte> bytes, out int consumed)
    {
        var reader = new PickleReader(bytes, path, entry);
        while (true)
        {
            opcodeOffset = reader.Position;
            if (reader.IsAtEnd)
                throw Broken("The pickle ends without STOP");
            opcode = (PickleOpcode)reader.ReadByte();
            if (opcode == PickleOpcode.Stop)
            {
                if (stack.Count != 1 || marks.Count != 0)
                    throw Broken($"STOP finds {stack.Count} objects and {marks.Count} marks, expected one object");
                consumed = reader.Position;
                return stack[0];
            }

            Execute(ref reader);
        }
    }

    /// <summary>An error at the opcode that is being executed.</summary>
    public CheckpointFormatException Broken(string problem) => new(problem, path, entry, opcodeOffset);

    private void Execute(ref PickleReader reader)
    {
        if (!TryLiteral(ref reader) && !TryContainer() && !TryMemo(ref reader) && !TryObject(ref reader))
            throw Broken($"There is no opcode 0x{(byte)opcode:x2}");
    }

    private bool TryLiteral(ref PickleReader reader)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                Protocol = reader.ReadByte();
                if (Protocol > 5)
                    throw Broken($"The pickle has protocol {Protocol}; 0 to 5 are read");
                return true;
            case PickleOpcode.Frame:
                reader.ReadUInt64();
                return true;
            case PickleOpcode.None:
                return Push(PickleNone.Instance);
            case PickleOpcode.NewTrue:
                return Push(PickleBool.True);
            case PickleOpcode.NewFalse:
                return Push(PickleBool.False);
            case PickleOpcode.BinInt:
                return Push(new PickleInteger(reader.ReadInt32()));
            case PickleOpcode.BinInt1:
                return Push(new PickleInteger(reader.ReadByte()));
            case PickleOpcode.BinInt2:
                return Push(new PickleInteger(reader.ReadUInt16()));
            case PickleOpcode.Int:
                return Push(ParseInt(reader.TakeLine()));
            case PickleOpcode.Long:
                return Push(ParseLong(reader.TakeLine()));
            case PickleOpcode.Long1:
                return Push(ToInteger(reader.Take(reader.ReadByte())));
            case PickleOpcode.Long4:
                return Push(ToInteger(reader.Take(NonNegative(reader.ReadInt32()))));
            case PickleOpcode.BinFloat:
                return Push(new PickleFloat(reader.ReadDoubleBigEndian()));
            case PickleOpcode.Float:
                return Push(ParseFloat(reader.TakeLine()));
            default:
                return TryText(ref reader);
        }
    }

    private bool TryText(ref PickleReader reader)
    {
        switch (opcode)
        {
            case PickleOpcode.BinUnicode:
                return Push(new PickleString(reader.TakeText(reader.ReadUInt32())));
            case PickleOpcode.ShortBinUnicode:
                return Push(new PickleString(reader.TakeText(reader.ReadByte())));
            case PickleOpcode.BinUnicode8:
                return Push(new PickleString(reader.TakeText(reader.ReadUInt64())));
            case PickleOpcode.Unicode:
                return Push(new PickleString(RawUnicodeEscape(reader.TakeLine())));
            case PickleOpcode.String:
                return Push(ParseQuoted(reader.TakeLine()));
            case PickleOpcode.BinString:
                return Push(new PickleString(Encoding.Latin1.GetString(reader.Take(NonNegative(reader.ReadInt32())))));
            case PickleOpcode.ShortBinString:
                return Push(new PickleString(Encoding.Latin1.GetString(reader.Take(reader.ReadByte()))));
            case PickleOpcode.BinBytes:
                return Push(new PickleBytes(reader.Take(reader.ReadUInt32()).ToArray()));
            case PickleOpcode.ShortBinBytes:
                return Push(new PickleBytes(reader.Take(reader.ReadByte()).ToArray()));
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                return Push(new PickleBytes(reader.Take(reader.ReadUInt64()).ToArray()));
            default:
                return false;
        }
    }

    private bool TryContainer()
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                if (marks.Count >= limits.Nesting)
                    throw Broken($"More than {limits.Nesting} marks are open, the limit (Nesting)");
                marks.Add(stack.Count);
                return true;
            case PickleOpcode.Pop:
                Pop();
                return true;
            case PickleOpcode.PopMark:
                PopToMark();
                return true;
            case PickleOpcode.Dup:
                return Push(Peek());
            case PickleOpcode.EmptyList:
                return Push(new PickleList());
            case PickleOpcode.EmptyDict:
                return Push(new PickleDictionary());
            case PickleOpcode.EmptyTuple:
                return Push(new PickleTuple([]));
            case PickleOpcode.EmptySet:
                return Push(new PickleSet());
            case PickleOpcode.Tuple1:
                return Push(new PickleTuple([Pop()]));
            case PickleOpcode.Tuple2:
                return Push(new PickleTuple(PopMany(2)));
            case PickleOpcode.Tuple3:
                return Push(new PickleTuple(PopMany(3)));
            case PickleOpcode.Tuple:
                return Push(new PickleTuple(PopToMark()));
            case PickleOpcode.FrozenSet:
                return Push(FillSet(new PickleSet("frozenset"), PopToMark()));
            case PickleOpcode.List:
                var list = new PickleList();
                AppendAll(list, PopToMark());
                return Push(list);
            case PickleOpcode.Dict:
                var dictionary = new PickleDictionary();
                SetAll(dictionary, PopToMark());
                return Push(dictionary);
            default:
                return TryFill();
        }
    }

    private bool TryFill()
    {
        switch (opcode)
        {
            case PickleOpcode.Append:
                var item = Pop();
                AppendAll(Peek(), [item]);
                return true;
            case PickleOpcode.Appends:
                var items = PopToMark();
                AppendAll(Peek(), items);
                return true;
            case PickleOpcode.SetItem:
                var pair = PopMany(2);
                SetAll(Peek(), pair);
                return true;
            case PickleOpcode.SetItems:
                var entries = PopToMark();
                SetAll(Peek(), entries);
                return true;
            case PickleOpcode.AddItems:
                var members = PopToMark();
                if (Peek() is not PickleSet set)
                    throw Broken($"ADDITEMS finds {Describe(Peek())}, expected a set");
                FillSet(set, members);
                return true;
            default:
                return false;
        }
    }

    private bool TryMemo(ref PickleReader reader)
    {
        switch (opcode)
        {
            case PickleOpcode.Put:
                return Remember(ParseIndex(reader.TakeLine()));
            case PickleOpcode.BinPut:
                return Remember(reader.ReadByte());
            case PickleOpcode.LongBinPut:
                return Remember(reader.ReadUInt32());
            case PickleOpcode.Memoize:
                return Remember(memo.Count);
            case PickleOpcode.Get:
                return Recall(ParseIndex(reader.TakeLine()));
            case PickleOpcode.BinGet:
                return Recall(reader.ReadByte());
            case PickleOpcode.LongBinGet:
                return Recall(reader.ReadUInt32());
            default:
                return false;
        }
    }

    private bool Remember(long index)
    {
        memo[index] = Peek();
        return true;
    }

    private bool Recall(long index) =>
        memo.TryGetValue(index, out var value) ? Push(value) : throw Broken($"The memo has no object {index}");

    private bool Push(PickleValue value)
    {
        stack.Add(value);
        return true;
    }

    private PickleValue Peek()
    {
        if (stack.Count == (marks.Count > 0 ? marks[^1] : 0))
            throw Broken("The stack is empty");
        return stack[^1];
    }

    private PickleValue Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private PickleValue[] PopMany(int count)
    {
        if (stack.Count - (marks.Count > 0 ? marks[^1] : 0) < count)
            throw Broken($"The stack has fewer than {count} objects");
        var values = new PickleValue[count];
        stack.CopyTo(stack.Count - count, values, 0, count);
        stack.RemoveRange(stack.Count - count, count);
        return values;
    }

    private PickleValue[] PopToMark()
    {
        if (marks.Count == 0)
            throw Broken("There is no mark on the stack");
        var start = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        var values = new PickleValue[stack.Count - start];
        stack.CopyTo(start, values, 0, values.Length);
        stack.RemoveRange(start, values.Length);
        return values;
    }

    private static ulong Widen(int count) => (ulong)count;

    private ulong NonNegative(int count) => count >= 0 ? Widen(count) : throw Broken($"A length is negative: {count}");

    private PickleInteger ToInteger(ReadOnlySpan<byte> littleEndian)
    {
        CheckDigits(littleEndian.Length * 8L * 301 / 1000);
        return new PickleInteger(new BigInteger(littleEndian, isUnsigned: false, isBigEndian: false));
    }

    private PickleValue ParseInt(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("00"u8))
            return PickleBool.False;
        return line.SequenceEqual("01"u8) ? PickleBool.True : ParseLong(line);
    }

    private PickleInteger ParseLong(ReadOnlySpan<byte> line)
    {
        CheckDigits(line.Length);
        var text = Encoding.Latin1.GetString(line).TrimEnd('L');
        return BigInteger.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
            ? new PickleInteger(value)
            : throw Broken($"'{Elide(text)}' is no integer");
    }

    private PickleFloat ParseFloat(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? new PickleFloat(value) : throw Broken($"'{Elide(text)}' is no number");
    }

    private long ParseIndex(ReadOnlySpan<byte> line) =>
        uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : throw Broken("A memo index is no number");

    private void CheckDigits(long digits)
    {
        if (digits > limits.IntegerDigits)
            throw Broken($"An integer has about {digits} digits, the limit (IntegerDigits) is {limits.IntegerDigits}");
    }

    private PickleString ParseQuoted(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line).Trim();
        if (text.Length < 2 || text[0] != text[^1] || text[0] is not ('\'' or '"') || text.Contains('\\', StringComparison.Ordinal))
            throw Broken("A STRING is not plainly quoted");
        return new PickleString(text[1..^1]);
    }

    private string RawUnicodeEscape(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line);
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var digits = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] switch { 'u' => 4, 'U' => 8, _ => 0 } : 0;
            if (digits == 0)
            {
                result.Append(text[i]);
                continue;
            }

            if (i + 2 + digits > text.Length || !int.TryParse(text.AsSpan(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code is < 0 or > 0x10FFFF)
                throw Broken("A UNICODE string has a broken escape");
            if (code < 0x10000)
                result.Append((char)code);
            else
                result.Append(char.ConvertFromUtf32(code));
            i += 1 + digits;
        }

        return result.ToString();
    }

    private static string Elide(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
