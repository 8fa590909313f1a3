using Galvani.Cli.Hosting;
using Galvani.Kernels;

namespace Galvani.Cli.Commands;

/// <summary>The names of compute types on the command line.</summary>
internal static class ComputeTypes
{
    /// <summary>The names, as the help shows them.</summary>
    public const string Help = "fp32|int8|int8-exact";

    /// <summary>The type of a name; as the file stores it where none is given, also by commands that do not have the option.</summary>
    public static ComputeType Parse(string? name) => name switch
    {
        null => ComputeType.AsStored,
        "fp32" => ComputeType.Float32,
        "int8" => ComputeType.Int8,
        "int8-exact" => ComputeType.Int8Exact,
        _ => throw Unknown(name),
    };

    /// <summary>How a file is to hold projections; null where none is given.</summary>
    public static ProductFormat? ParseFormat(string? name) => name switch
    {
        null => null,
        "fp32" => ProductFormat.Single,
        "int8" => ProductFormat.Int8,
        "int8-exact" => ProductFormat.Int8Exact,
        _ => throw Unknown(name),
    };

    /// <summary>The name of a format.</summary>
    public static string NameOf(ProductFormat format) => format switch
    {
        ProductFormat.Single => "fp32",
        ProductFormat.Int8 => "int8",
        _ => "int8-exact",
    };

    private static UsageException Unknown(string name) => new($"--compute is {name}, expected fp32, int8 or int8-exact.");
}
