namespace Galvani.Cli.Hosting;

/// <summary>
/// Several models behind one <c>--model</c>, as OpenNMT-py takes them: each gets a <c>--model</c> of its own. What follows the first and is no file and not named like a model is left alone: it
/// is a line of text.
/// </summary>
internal static class ModelArguments
{
    private static readonly string[] Commands = ["translate", "generate"];
    private static readonly string[] Names = ["--model", "-m"];
    private static readonly string[] Extensions = [".pt", ".pth", ".safetensors", ".npz", ".galvani"];

    /// <summary>The arguments with a <c>--model</c> in front of each model.</summary>
    /// <param name="arguments">The command's name and the rest, in this program's spelling.</param>
    public static string[] Separate(string[] arguments)
    {
        if (arguments.Length == 0 || !Commands.Contains(arguments[0], StringComparer.Ordinal))
            return arguments;
        var result = new List<string>(arguments.Length);
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            result.Add(argument);
            if (argument == "--")
            {
                result.AddRange(arguments.Skip(i + 1));
                break;
            }

            var isName = Names.Contains(argument, StringComparer.Ordinal);
            if (!isName && !Names.Any(name => argument.StartsWith(name + '=', StringComparison.Ordinal)))
                continue;
            if (isName && i + 1 < arguments.Length)
                result.Add(arguments[++i]);
            while (i + 1 < arguments.Length && IsModel(arguments[i + 1]))
                result.AddRange([Names[0], arguments[++i]]);
        }

        return [.. result];
    }

    private static bool IsModel(string argument) =>
        !argument.StartsWith('-') && (Extensions.Contains(Path.GetExtension(argument), StringComparer.OrdinalIgnoreCase) || File.Exists(argument));
}
