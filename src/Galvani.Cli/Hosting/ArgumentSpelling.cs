namespace Galvani.Cli.Hosting;

/// <summary>
/// OpenNMT-py's spellings of options: <c>-src</c>, <c>--beam_size</c>, <c>-tgt</c> become this program's; options that mean nothing here are taken out and
/// listed once on standard error.
/// </summary>
internal static class ArgumentSpelling
{
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["src"] = "--source", ["tgt"] = "--target", ["output"] = "--output", ["model"] = "--model", ["config"] = "--config",
        ["src_subword_model"] = "--tokenizer", ["tgt_subword_model"] = "--target-tokenizer", ["src_feats_defaults"] = "--source-feature-defaults", ["src_prefix"] = "--source-prefix", ["tgt_prefix"] = "--target-prefix",
    };

    private static readonly Dictionary<string, int> Meaningless = new(StringComparer.Ordinal)
    {
        ["gpu"] = 1, ["world_size"] = 1, ["gpu_ranks"] = 1, ["parallel_mode"] = 1, ["precision"] = 1, ["fp32"] = 0, ["self_attn_type"] = 1, ["batch_size"] = 1,
        ["batch_type"] = 1, ["report_time"] = 0, ["log_file"] = 1, ["verbose"] = 0,
    };

    /// <summary>Whether an option of OpenNMT-py means nothing here.</summary>
    /// <param name="name">Its name without dashes.</param>
    public static bool IsMeaningless(string name) => Meaningless.ContainsKey(name);

    /// <summary>This program's name of an option: <c>src</c> is <c>--source</c>, <c>beam_size</c> is <c>--beam-size</c>.</summary>
    /// <param name="name">Its name without dashes.</param>
    public static string OptionName(string name) => Renamed.GetValueOrDefault(name) ?? "--" + name.Replace('_', '-');

    /// <summary>The arguments in this program's spelling.</summary>
    /// <param name="arguments">As given.</param>
    /// <param name="dropped">Receives what means nothing here.</param>
    public static string[] Normalize(IReadOnlyList<string> arguments, ICollection<string> dropped)
    {
        var result = new List<string>(arguments.Count);
        var isAfterCommand = false;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                result.AddRange(arguments.Skip(i));
                break;
            }

            var name = NameOf(argument);
            if (isAfterCommand && name is not null && Meaningless.TryGetValue(name, out var values))
            {
                dropped.Add(argument);
                i += argument.Contains('=', StringComparison.Ordinal) ? 0 : values;
                continue;
            }

            isAfterCommand |= name is null;
            result.Add(name is null ? argument : Respell(argument, name));
        }

        return [.. result];
    }

    private static string Respell(string argument, string name)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var value = equals < 0 ? "" : argument[equals..];
        var isLong = name.Length > 1; // one dash and one letter is an alias of this program
        return isLong ? OptionName(name) + value : argument;
    }

    /// <summary>The name of an option with one or two dashes, or null for what is no option.</summary>
    private static string? NameOf(string argument)
    {
        var dashes = argument.StartsWith("--", StringComparison.Ordinal) ? 2 : argument.StartsWith('-') ? 1 : 0;
        if (dashes == 0 || argument.Length <= dashes || !char.IsAsciiLetter(argument[dashes]))
            return null;
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument[dashes..] : argument[dashes..equals];
        return name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-') ? name : null;
    }
}
