using System.Text.Json;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>The names of element types in safetensors headers.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, DType Type)[] Table =
    [
        ("F64", DType.Float64), ("F32", DType.Float32), ("F16", DType.Float16), ("BF16", DType.BFloat16),
        ("I64", DType.Int64), ("I32", DType.Int32), ("I16", DType.Int16), ("I8", DType.Int8), ("U8", DType.UInt8), ("BOOL", DType.Bool),
        ("U64", DType.UInt64), ("U32", DType.UInt32), ("U16", DType.UInt16), ("C64", DType.Complex64), ("F8_E4M3", DType.Float8E4M3Fn), ("F8_E5M2", DType.Float8E5M2),
        ("F8_E4M3FNUZ", DType.Float8E4M3FnUz), ("F8_E5M2FNUZ", DType.Float8E5M2FnUz), ("F8_E8M0", DType.Float8E8M0Fnu), ("F4", DType.Float4E2M1FnX2),
    ];

    /// <summary>The names that are read, for errors.</summary>
    public static string Names { get; } = string.Join(", ", Table.Select(row => row.Name));

    /// <summary>Whether a name is one of the format's that is not read: elements of 6 bits.</summary>
    public static bool IsKnown(string name) => name is "F6_E2M3" or "F6_E3M2";

    /// <summary>The name of a type, or null where the format has none.</summary>
    public static string? NameOf(DType type)
    {
        foreach (var row in Table)
        {
            if (row.Type == type)
                return row.Name;
        }

        return null;
    }

    /// <summary>The type that the text at hand names.</summary>
    public static bool TryParse(Utf8JsonReader name, out DType type)
    {
        foreach (var row in Table)
        {
            if (name.ValueTextEquals(row.Name))
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }
}
