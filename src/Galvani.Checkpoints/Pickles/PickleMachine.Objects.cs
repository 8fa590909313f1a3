using System.Text;

namespace Galvani.Checkpoints.Pickles;

internal sealed partial class PickleMachine
{
    // functools.partial is data over two known functions and a finding otherwise: which, shows when it is called.
    private readonly Dictionary<PickleGlobal, PickleFinding> uncalledPartials = new(ReferenceEqualityComparer.Instance);

    private PickleGlobal ReadGlobal()
    {
        var module = cursor.Line();
        var name = cursor.Line();
        stack.Charge(2L * (module.Length + name.Length));
        return KnownOrReported(PickleGlobals.Create(cursor.Text(module), cursor.Text(name)));
    }

    private void PushStackGlobal()
    {
        var name = stack.Pop<PickleString>("string naming a global").Value;
        var module = stack.Pop<PickleString>("string naming a module").Value;
        stack.Charge(2L * (module.Length + name.Length));
        PushNode(KnownOrReported(PickleGlobals.Create(module, name)));
    }

    /// <summary>A global that is not interpreted is a finding by being named.</summary>
    private PickleGlobal KnownOrReported(PickleGlobal global)
    {
        if (global.Name.AsSpan().IndexOfAnyInRange('\0', '\x1F') >= 0)
            throw cursor.Error($"The name of a global has control characters: {PickleText.Quote(global.Name.AsSpan())}");
        if (global.Role == GlobalRole.Unknown)
            Report(global.Name, []);
        else if (global.Role == GlobalRole.Partial)
            AddPartial(global);
        return global;
    }

    private void AddPartial(PickleGlobal partial)
    {
        stack.Charge(PickleBudget.FindingBytes + PickleBudget.EntryBytes);
        uncalledPartials.Add(partial, Finding(partial.Name, []));
    }

    private void Reduce()
    {
        var arguments = stack.Pop<PickleTuple>("tuple of arguments");
        if (Call(stack.Pop(), arguments.Items, isConstruction: false))
            RefundConsumed(arguments);
    }

    /// <summary>Gives back what a tuple has cost that was made by the opcode before, so that nothing else can refer to it.</summary>
    private void RefundConsumed(PickleTuple tuple)
    {
        if (previous is PickleOpcode.Tuple or PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3)
            stack.Refund(PickleBudget.TupleBytes + (long)tuple.Items.Count * PickleBudget.ItemBytes);
    }

    private void NewObject()
    {
        var arguments = stack.Pop<PickleTuple>("tuple of arguments");
        Call(stack.Pop(), arguments.Items, isConstruction: true);
    }

    private void NewObjectWithKeywords()
    {
        var keywords = stack.Pop<PickleDictionary>("dictionary of keyword arguments");
        var arguments = stack.Pop<PickleTuple>("tuple of arguments");
        var target = stack.Pop();
        if (keywords.Entries.Count == 0)
            Call(target, arguments.Items, isConstruction: true);
        else
        {
            stack.Charge((long)arguments.Items.Count * PickleBudget.ItemBytes);
            PushInert(target, [.. arguments.Items, keywords], isKnown: false, isConstruction: true, hasKeywords: true);
        }
    }

    private void InstantiateFromStack(PickleValue[] items)
    {
        if (items.Length == 0)
            throw cursor.Error("OBJ finds no class");
        stack.Charge((long)items.Length * PickleBudget.ItemBytes);
        Instantiate(items[0], items[1..]);
    }

    private void Instantiate(PickleValue target, PickleValue[] arguments) => Call(target, arguments, isConstruction: false);

    /// <summary>
    /// Stands for a call. <paramref name="isConstruction"/>: by <c>cls.__new__</c>, which for classes of our list is the same as a call
    /// without arguments, and for functions is an error in Python.
    /// </summary>
    /// <returns>Whether the call is of our list and its result does not hold the arguments.</returns>
    private bool Call(PickleValue target, IReadOnlyList<PickleValue> arguments, bool isConstruction)
    {
        var global = target as PickleGlobal;
        var role = global?.Role ?? GlobalRole.Unknown;
        var result = global is null || isConstruction && (arguments.Count != 0 || !GlobalInterpreter.IsClass(role)) ? null : interpreter.Call(global, arguments);
        if (result is null)
            PushInert(target, arguments, GlobalInterpreter.IsKnownData(role, arguments, isConstruction), isConstruction);
        else if (result is PickleTensor)
            stack.Push(result); // charged as a tensor
        else
            PushContainer(result);
        return result is not null && !GlobalInterpreter.KeepsCall(role);
    }

    private void PushInert(PickleValue target, IReadOnlyList<PickleValue> arguments, bool isKnown, bool isConstruction, bool hasKeywords = false)
    {
        if (target is PickleGlobal { Role: GlobalRole.Partial } partial)
            RemovePartial(partial);
        var name = target switch
        {
            PickleGlobal global => global.Name,
            PickleObject result => result.Global + "()",
            _ => throw cursor.Error("What is called is no global"),
        };
        if (!isKnown)
            Report(name, arguments, isCalled: true);
        stack.Charge(2L * name.Length);
        PushContainer(new PickleObject(target, name, arguments, isConstruction) { HasKeywords = hasKeywords });
    }

    private void Build()
    {
        var state = stack.Pop();
        switch (stack.Peek())
        {
            case PickleDictionary mapping:
                BuildDictionary(mapping, state);
                break;
            case PickleObject { State: null } unknown:
                if (!GlobalInterpreter.IsKnownState(unknown, state))
                    Report(unknown.Global, [state], isCalled: true);
                unknown.State = state;
                break;
            case PickleObject:
                throw cursor.Error("An object is given its state twice");
            default:
                throw cursor.Error("State is given to what is no object");
        }
    }

    /// <summary>A Namespace's attributes are its entries; another mapping's attributes (a state dict's <c>_metadata</c>) stand beside its entries.</summary>
    private void BuildDictionary(PickleDictionary mapping, PickleValue state)
    {
        if (mapping.TypeName == "dict" || state is not PickleDictionary attributes)
            throw cursor.Error($"The state of a {mapping.TypeName} is no dictionary of attributes");
        var target = mapping;
        if (mapping.TypeName != PickleGlobals.Namespace)
            target = mapping.Attributes ??= new PickleDictionary();
        if (ReferenceEquals(target, attributes))
            throw cursor.Error("An object is its own state");
        stack.Charge(PickleBudget.ContainerBytes + (long)attributes.Entries.Count * PickleBudget.EntryBytes);
        foreach (var (key, value) in attributes.Entries)
            target.Set(key, value);
    }

    private void PushPersistent(PickleValue id)
    {
        stack.Push(interpreter.FindPersistent(id) // charged when it is first named
            ?? throw cursor.Error($"{PickleOpcodes.Name(opcode)} is given {PickleText.Quote(ObjectTree.KeyText(id).AsSpan())}, no tuple that names a storage; expected ('storage', class, key, location, element count)"));
        if (id is PickleTuple tuple)
            RefundConsumed(tuple);
    }

    private void RemovePartial(PickleGlobal partial)
    {
        if (uncalledPartials.Remove(partial))
            stack.Refund(PickleBudget.FindingBytes + PickleBudget.EntryBytes);
    }

    private void Report(string global, IReadOnlyList<PickleValue> arguments, bool isCalled = false)
    {
        stack.Charge(PickleBudget.FindingBytes);
        findings.Add(Finding(global, arguments, isCalled));
    }

    private PickleFinding Finding(string global, IReadOnlyList<PickleValue> arguments, bool isCalled = false) =>
        new(global, PickleOpcodes.Name(opcode), cursor.OpcodeOffset, isCalled, arguments);

    /// <summary>Adds the partials that were not called, in the order of the pickle. What other pickles of the file have brought is left alone: there may be very many of both.</summary>
    private void ReportPartials()
    {
        if (uncalledPartials.Count == 0)
            return;
        findings.AddRange(uncalledPartials.Values);
        findings.Sort(firstFinding, findings.Count - firstFinding, Comparer<PickleFinding>.Create((a, b) => a.ByteOffset.CompareTo(b.ByteOffset)));
    }
}
