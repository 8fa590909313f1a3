using System.Runtime.InteropServices;

namespace Galvani.Checkpoints.Pickles;

/// <summary>The machine's stack of values with its marks, and its memo. Growth is charged to the budget.</summary>
internal sealed class PickleStack(PickleCursor cursor, PickleBudget budget)
{
    private readonly List<PickleValue> values = new(256);
    private readonly List<int> marks = [];
    private readonly List<PickleValue> memo = new(256);
    private Dictionary<uint, PickleValue>? sparseMemo; // ids that do not follow on one another
    private int floor; // values below belong to an outer mark
    private int highestCount;
    private int highestMarkCount;

    public int Count => values.Count;

    public int MarkCount => marks.Count;

    public void Push(PickleValue value)
    {
        values.Add(value);
        if (values.Count <= highestCount)
            return;
        highestCount = values.Count;
        Charge(PickleBudget.ReferenceBytes);
    }

    public PickleValue Pop()
    {
        var value = Peek();
        values.RemoveAt(values.Count - 1);
        return value;
    }

    public PickleValue Peek() => values.Count > floor ? values[^1] : throw cursor.Error("The stack is empty");

    public T Pop<T>(string expected)
        where T : PickleValue =>
        Pop() as T ?? throw cursor.Error($"The stack holds no {expected} where one is needed");

    public void PushMark()
    {
        marks.Add(values.Count);
        floor = values.Count;
        if (marks.Count <= highestMarkCount)
            return;
        highestMarkCount = marks.Count;
        Charge(PickleBudget.ReferenceBytes);
    }

    /// <summary>Takes the values above the last mark, and the mark.</summary>
    public PickleValue[] PopToMark()
    {
        CheckMark();
        var start = marks[^1];
        var count = values.Count - start;
        if (count > 0)
            Charge((long)count * PickleBudget.ItemBytes);
        var taken = count == 0 ? [] : CollectionsMarshal.AsSpan(values).Slice(start, count).ToArray();
        values.RemoveRange(start, count);
        marks.RemoveAt(marks.Count - 1);
        floor = marks.Count > 0 ? marks[^1] : 0;
        return taken;
    }

    /// <summary>POP of Python takes a mark where one is on top.</summary>
    public void PopValueOrMark()
    {
        if (marks.Count > 0 && marks[^1] == values.Count)
            PopToMark();
        else
            Pop();
    }

    public void Memoize() => Memoize((uint)(memo.Count + (sparseMemo?.Count ?? 0)));

    public void Memoize(uint id)
    {
        var value = Peek();
        if (id < memo.Count)
        {
            memo[(int)id] = value;
        }
        else if (id == memo.Count)
        {
            Charge(PickleBudget.ReferenceBytes);
            memo.Add(value);
        }
        else
        {
            Charge(PickleBudget.EntryBytes);
            (sparseMemo ??= [])[id] = value;
        }
    }

    public PickleValue Recall(uint id)
    {
        // An id may be in both after the dense part has grown past it: the sparse one was put first, the dense one replaces it.
        if (id < memo.Count)
            return memo[(int)id];
        return sparseMemo is not null && sparseMemo.TryGetValue(id, out var value) ? value : throw cursor.Error($"The memo has no value {id}");
    }

    public void Charge(long bytes)
    {
        if (budget.Charge(bytes) is { } problem)
            throw cursor.Error(problem);
    }

    public void Refund(long bytes) => budget.Refund(bytes);

    private void CheckMark()
    {
        if (marks.Count == 0)
            throw cursor.Error("The stack has no mark");
    }
}
