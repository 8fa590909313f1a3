using System.CommandLine.Parsing;
using System.Globalization;

namespace Galvani.Cli.Hosting;

/// <summary>Numbers of the command line: with a point, whatever the locale, and with nothing between thousands, so that <c>1,5</c> is an error and not 15.</summary>
internal static class NumberArgument
{
    /// <summary>Reads the number of an option.</summary>
    public static double Read(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} is {text}, expected a number such as 1.5.");
        return 0;
    }

    /// <summary>As <see cref="Read"/>, for options that have no default.</summary>
    public static double? ReadOptional(ArgumentResult result) => Read(result);
}
