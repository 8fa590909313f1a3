using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>The paths of Python's <c>pathlib</c>, which are pickled as a call of their class with the parts: inert data, whose text can be asked for.</summary>
internal static class PathText
{
    private const int MostParts = 256; // a tuple of parts may be that of very many paths: each looks at it
    private const int MostCharacters = 4096;

    /// <summary>Whether a call of a path's class has what paths are pickled with: a few texts, and nothing else.</summary>
    public static bool AreParts(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments.Count > MostParts)
            return false;
        var characters = 0L;
        foreach (var argument in arguments)
        {
            if (argument is not PickleString part)
                return false;
            characters += part.Value.Length;
        }

        return characters <= MostCharacters;
    }

    /// <summary>The path as Python prints it, with the separator of its own system; null for what is no path.</summary>
    public static string? Of(PickleObject made)
    {
        if (made is not { Called: PickleGlobal { Role: GlobalRole.Path } type, IsNew: false } || !AreParts(made.Arguments))
            return null;
        var separator = type.Name.Contains("Windows", StringComparison.Ordinal) ? '\\' : '/';
        var text = new StringBuilder();
        foreach (var part in made.Arguments.Cast<PickleString>().Select(argument => argument.Value))
        {
            if (part.Length == 0)
                continue;
            if (part[0] == separator)
                text.Clear(); // what is absolute begins anew
            else if (text.Length > 0 && text[^1] != separator)
                text.Append(separator);
            text.Append(part);
        }

        return text.Length == 0 ? "." : text.ToString();
    }
}
