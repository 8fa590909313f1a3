using System.Numerics;

namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// A node of the object tree that a pickle describes. Nodes are inert records: nothing of the file's code is ever run.
/// The same node may occur at several places, also inside itself; code that walks a tree must guard against cycles.
/// Nodes are immutable once the machine that built them has finished.
/// </summary>
public abstract class PickleValue
{
    private protected PickleValue()
    {
    }
}

/// <summary>Python's <c>None</c>.</summary>
public sealed class PickleNone : PickleValue
{
    private PickleNone()
    {
    }

    /// <summary>The only instance.</summary>
    public static PickleNone Instance { get; } = new();
}

/// <summary>Python's <c>bool</c>.</summary>
public sealed class PickleBool(bool value) : PickleValue
{
    internal static readonly PickleBool True = new(true);
    internal static readonly PickleBool False = new(false);

    /// <summary>The value.</summary>
    public bool Value { get; } = value;

    /// <summary>The call of numpy's that it was read from, which is what is written; null for Python's own.</summary>
    internal PickleObject? NumpyScalar { get; init; }
}

/// <summary>Python's <c>int</c>, of any size.</summary>
public sealed class PickleInteger : PickleValue
{
    private readonly long small;
    private readonly object? large; // a BigInteger, boxed only where it does not fit 64 bits

    /// <summary>An integer of 64 bits.</summary>
    public PickleInteger(long value) => small = value;

    /// <summary>An integer of any size.</summary>
    public PickleInteger(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
            small = (long)value;
        else
            large = value;
    }

    /// <summary>The value.</summary>
    public BigInteger Value => large is null ? small : (BigInteger)large;

    /// <summary>The call of numpy's that it was read from, which is what is written; null for Python's own.</summary>
    internal PickleObject? NumpyScalar { get; init; }

    /// <summary>The value, where it fits 64 bits.</summary>
    /// <returns>False where it does not; <paramref name="value"/> is then 0.</returns>
    public bool TryGetInt64(out long value)
    {
        value = small;
        return large is null;
    }

    /// <summary>The decimal digits.</summary>
    public override string ToString() => large is null ? small.ToString(System.Globalization.CultureInfo.InvariantCulture) : Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Python's <c>float</c> (binary64).</summary>
public sealed class PickleFloat(double value) : PickleValue
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;

    /// <summary>The call of numpy's that it was read from, which is what is written; null for Python's own.</summary>
    internal PickleObject? NumpyScalar { get; init; }
}

/// <summary>Python's <c>str</c>.</summary>
public sealed class PickleString(string value) : PickleValue
{
    /// <summary>The text; lone surrogates, which Python allows, are kept.</summary>
    public string Value { get; } = value;
}

/// <summary>Python's <c>bytes</c> or <c>bytearray</c>.</summary>
public sealed class PickleBytes(ReadOnlyMemory<byte> value, string typeName = "bytes") : PickleValue
{
    internal const string ByteArray = "bytearray";

    /// <summary><c>bytes</c> or <c>bytearray</c>.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;
}

/// <summary>A tensor: <c>torch.Tensor</c> or <c>torch.nn.Parameter</c>.</summary>
public sealed class PickleTensor(Tensors.TensorView view) : PickleValue
{
    /// <summary>The view over the file.</summary>
    public Tensors.TensorView View { get; } = view;
}

/// <summary>A storage that is pickled by itself, without a tensor around it.</summary>
public sealed class PickleStorage(Tensors.StorageView storage) : PickleValue
{
    /// <summary>The storage.</summary>
    public Tensors.StorageView Storage { get; } = storage;
}

/// <summary>A global that is only named: a class or function used as a value, such as <c>torch.float16</c>.</summary>
public sealed class PickleGlobal : PickleValue
{
    /// <summary>A global of a module.</summary>
    /// <param name="name">The dotted name; what is behind the last dot is the name in the module.</param>
    public PickleGlobal(string name)
        : this(name, name?.LastIndexOf('.') ?? throw new ArgumentNullException(nameof(name)))
    {
    }

    /// <param name="name">The dotted name.</param>
    /// <param name="moduleLength">How many of its characters are the module: what is nested in a class has dots in its name in the module.</param>
    internal PickleGlobal(string name, int moduleLength) => (Name, ModuleLength, Role) = (name, Math.Max(moduleLength, 0), PickleGlobals.RoleOf(name));

    /// <summary>The dotted name, such as <c>torch.float16</c>; of Python 2's modules, the name that Python 3 has for them.</summary>
    public string Name { get; }

    /// <summary>The characters of <see cref="Name"/> that are the module; 0 where there is none.</summary>
    internal int ModuleLength { get; }

    internal ReadOnlySpan<char> Module => Name.AsSpan(0, ModuleLength);

    /// <summary>The name in the module, with dots where it is nested in a class.</summary>
    internal ReadOnlySpan<char> QualifiedName => ModuleLength == 0 ? Name : Name.AsSpan(ModuleLength + 1);

    internal GlobalRole Role { get; }
}
