namespace Galvani.Cli.Output;

/// <summary>How elements of tensors are written.</summary>
internal enum ElementForm
{
    /// <summary>As JSON: complex numbers as pairs, NaN and infinities as strings.</summary>
    Json,

    /// <summary>For people: <c>nan</c>, <c>1.5-2i</c>.</summary>
    Plain,
}
