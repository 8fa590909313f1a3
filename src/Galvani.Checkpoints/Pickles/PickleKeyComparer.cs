using System.Numerics;

namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// Equality of dictionary keys as Python has it: <c>1 == 1.0 == True</c>, strings and bytes by content, tuples item by item, globals by name,
/// anything else by identity. Hashes are seeded per process, so that a file cannot be made of colliding keys.
/// </summary>
internal sealed class PickleKeyComparer : IEqualityComparer<PickleValue>, IAlternateEqualityComparer<string, PickleValue>
{
    /// <summary>Most nodes of a tuple that is a key; keeps hashing cheap however the file nests tuples.</summary>
    public const int MostKeyNodes = 64;

    public static PickleKeyComparer Instance { get; } = new();

    /// <summary>Why a value cannot be a key, in words; null if it can.</summary>
    public static string? WhyNoKey(PickleValue key)
    {
        var remaining = MostKeyNodes;
        return WhyNoKey(key, ref remaining);
    }

    public bool Equals(PickleValue? x, PickleValue? y)
    {
        if (ReferenceEquals(x, y))
            return true;
        return (x, y) switch
        {
            (PickleString a, PickleString b) => a.Value == b.Value,
            (PickleBytes a, PickleBytes b) => a.Value.Span.SequenceEqual(b.Value.Span),
            (PickleTuple a, PickleTuple b) => TuplesEqual(a, b),
            (PickleGlobal a, PickleGlobal b) => a.Name == b.Name,
            _ => NumbersEqual(x, y),
        };
    }

    public int GetHashCode(PickleValue value) => value switch
    {
        PickleString text => text.Value.GetHashCode(),
        PickleBool truth => HashCode.Combine(truth.Value ? 1L : 0L),
        PickleInteger number => number.TryGetInt64(out var small) ? HashCode.Combine(small) : number.Value.GetHashCode(),
        PickleFloat number => HashOf(number.Value),
        PickleBytes bytes => HashOf(bytes.Value.Span),
        PickleTuple tuple => HashOf(tuple),
        PickleGlobal global => global.Name.GetHashCode(),
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value),
    };

    public bool Equals(string alternate, PickleValue other) => other is PickleString text && text.Value == alternate;

    public int GetHashCode(string alternate) => alternate.GetHashCode();

    public PickleValue Create(string alternate) => new PickleString(alternate);

    private static string? WhyNoKey(PickleValue key, ref int remaining)
    {
        if (--remaining < 0)
            return $"A tuple of more than {MostKeyNodes} items cannot be a key";
        switch (key)
        {
            case PickleList: return "A list cannot be a key";
            case PickleDictionary: return "A dictionary cannot be a key";
            case PickleSet { TypeName: "set" }: return "A set cannot be a key";
            case PickleBytes { TypeName: PickleBytes.ByteArray }: return "A bytearray cannot be a key";
            case PickleTuple tuple:
                foreach (var item in tuple.Items)
                {
                    if (WhyNoKey(item, ref remaining) is { } problem)
                        return problem;
                }

                return null;
            default: return null;
        }
    }

    private bool TuplesEqual(PickleTuple a, PickleTuple b)
    {
        if (a.Items.Count != b.Items.Count)
            return false;
        for (var i = 0; i < a.Items.Count; i++)
        {
            if (!Equals(a.Items[i], b.Items[i]))
                return false;
        }

        return true;
    }

    private static bool NumbersEqual(PickleValue? x, PickleValue? y)
    {
        if (x is PickleInteger i && y is PickleInteger j && i.TryGetInt64(out var k) && j.TryGetInt64(out var l))
            return k == l;
        if (AsInteger(x) is { } a && AsInteger(y) is { } b)
            return a == b;
        return x is PickleFloat left && y is PickleFloat right && left.Value == right.Value;
    }

    private static BigInteger? AsInteger(PickleValue? value) => value switch
    {
        PickleBool truth => truth.Value ? 1 : 0,
        PickleInteger number => number.Value,
        PickleFloat { Value: var number } when double.IsInteger(number) => new BigInteger(number),
        _ => null,
    };

    private static int HashOf(double number)
    {
        if (!double.IsInteger(number))
            return HashCode.Combine(number);
        var whole = new BigInteger(number);
        return whole >= long.MinValue && whole <= long.MaxValue ? HashCode.Combine((long)whole) : whole.GetHashCode();
    }

    private static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    private int HashOf(PickleTuple tuple)
    {
        var hash = new HashCode();
        foreach (var item in tuple.Items)
            hash.Add(GetHashCode(item));
        return hash.ToHashCode();
    }
}
